"""Forms and views for a notebook."""

from msgnb.widgets.campaign_form import CampaignForm
from msgnb.widgets.campaign_progress import CampaignProgress
from msgnb.widgets.command_console import CommandConsole
from msgnb.widgets.conversations import Conversations
from msgnb.widgets.live_table import LiveTable
from msgnb.widgets.send_form import SendForm
from msgnb.widgets.sign_in import SignIn
from msgnb.widgets.subscription_form import SubscriptionForm

__all__ = [
    "CampaignForm",
    "CampaignProgress",
    "CommandConsole",
    "Conversations",
    "LiveTable",
    "SendForm",
    "SignIn",
    "SubscriptionForm",
]
