"""Forms and views for a notebook, made of plain ipywidgets controls."""

from msgnb.widgets.campaign_progress import CampaignProgress
from msgnb.widgets.command_console import CommandConsole
from msgnb.widgets.live_table import LiveTable
from msgnb.widgets.send_form import SendForm

__all__ = ["CampaignProgress", "CommandConsole", "LiveTable", "SendForm"]
