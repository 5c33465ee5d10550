"""The installed wheel alone can do the main job: read, send and serve, with no network."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import msgnb

assert "site-packages" in (msgnb.__file__ or ""), msgnb.__file__

with msgnb.offline(seed=7) as world:
    for client in (world.blip, world.netsapiens, world.smsdrop):
        sessions = client.sessions()
        assert len(sessions) > 10, sessions
        assert len(client.messages(sessions["session"][0])) > 0
        assert len(client.subscriptions()) > 0
    form = msgnb.widgets.SendForm(world.blip)
    form.to.value, form.text.value = world.blip.sessions()["session"][0], "from the wheel"
    assert form.submit() is not None
    assert form.state == "sent", form.error
    assert world.blip.messages(form.to.value)["text"][0] == "from the wheel"

command = [sys.executable, "-m", "msgnb_mocks", "--port", "0", "--seed", "7"]
with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as servers:
    assert servers.stdout is not None
    ready = json.loads(servers.stdout.readline())
    login = ready["smsdrop"]
    sms = msgnb.SmsDrop(login["email"], login["password"], base_url=login["url"])
    assert len(sms.campaigns()) > 3
    servers.send_signal(signal.SIGTERM)
    assert servers.wait(timeout=10) == 0

doctor = [sys.executable, "-m", "msgnb.app.cli", "doctor", "--json"]
assert "campaigns read" in subprocess.check_output(doctor, text=True)
assert (Path(msgnb.__file__ or "").parent / "notebooks" / "01-tour.ipynb").is_file()
print("the wheel works")
