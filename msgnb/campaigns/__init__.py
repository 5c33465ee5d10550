"""Campaigns: one text to many recipients, sent once to each.

* `campaign` is what to send; `sms` counts how many SMS a text takes.
* `recipients` is the list to send to: `sources` reads it from files and tables, `phone_numbers` checks each
  number.
* `plan` is which recipient would receive which text.
* `run` sends a plan and resumes it: `journal` is its log on disk, `attempts` the result of one request,
  `watching` waits for the end, and `table` lists what was sent.
* `sender` is what a platform implements.

This room imports `msgnb.core` and `msgnb.tables`, and knows no client: a platform passes a `CampaignSender`.
"""
