"""Syncs an archive with the mocks of another process; made to be killed."""

import json
import sys

import msgnb
from msgnb.history import sync

sync.PART_ROWS = 300  # many moments at which something is written
folder, login = sys.argv[1], json.loads(sys.argv[2])
with msgnb.Blip(login["key"], base_url=login["url"], plan="none") as bot:
    print("syncing", flush=True)
    msgnb.Archive(folder).sync(bot, workers=4)
    print("done", flush=True)
