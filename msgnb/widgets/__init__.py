"""Forms and views for a notebook.

`form` is the base of all forms and `parts` are their fields, buttons and panes, which `form.js` and
`form.css` draw in the browser. Each other module is one form or view. Whatever depends on a platform, such as
kinds of messages, settings and checks, comes from the platform's descriptor.

This room is on top: it may import every other room, and none imports it. Rooms below find the views that they
show through the entry-point group `msgnb.views`. Only this room imports anywidget and ipywidgets.
"""

from msgnb.widgets.campaign_form import CampaignForm
from msgnb.widgets.campaign_progress import CampaignProgress
from msgnb.widgets.command_console import CommandConsole
from msgnb.widgets.conversations import Conversations
from msgnb.widgets.live_table import LiveTable
from msgnb.widgets.send_form import SendForm
from msgnb.widgets.share_form import ShareForm
from msgnb.widgets.sign_in import SignIn
from msgnb.widgets.subscription_form import SubscriptionForm

__all__ = [
    "CampaignForm",
    "CampaignProgress",
    "CommandConsole",
    "Conversations",
    "LiveTable",
    "SendForm",
    "ShareForm",
    "SignIn",
    "SubscriptionForm",
]
