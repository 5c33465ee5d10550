"""Campaigns."""

from msgnb.campaigns import sms as sms
