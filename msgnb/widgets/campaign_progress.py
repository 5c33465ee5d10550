"""How far a campaign is, while somebody waits for its end."""

from __future__ import annotations

import ipywidgets as widgets

from msgnb.campaigns.watching import Progress
from msgnb.core.html import element
from msgnb.tables.transcript import QUIET


class CampaignProgress(widgets.VBox):
    """A bar of the people that a campaign has reached, with what the platform calls its state.

    Args:
        title: what to call the campaign.
    """

    def __init__(self, title: str) -> None:
        self._bar = widgets.IntProgress(
            min=0, max=1, description_allow_html=False, layout={"width": "auto", "height": "14px"}
        )
        self._words = widgets.HTML()
        head = widgets.HTML(element("b", title))
        super().__init__([head, self._bar, self._words], layout={"max_width": "46em"})
        self.add_class("msgnb-campaign-progress")

    def show(self, standing: Progress) -> None:
        """Show how far it is now."""
        self._bar.max, self._bar.value = max(1, standing.total), standing.reached
        done = standing.over and standing.reached == standing.total
        self._bar.bar_style = "success" if done else "info"
        self._words.value = element("div", standing.summary, style=QUIET, role="status")
