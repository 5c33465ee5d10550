"""Campaigns: one text to many recipients, sent once to each.

`campaign` is what is said, `recipients` to whom, `plan` what that takes, `sms` how texts are counted. `run`
sends a plan and resumes it, `journal` is its log on disk, `watching` waits for its end. `sender` is what a
platform implements.

This room imports `msgnb.core` and `msgnb.tables`, and knows no client: a platform passes a `CampaignSender`.
"""
