"""Shows how far a campaign is while somebody waits for it."""

from __future__ import annotations

import ipywidgets as widgets

from msgnb.campaigns.watching import Progress
from msgnb.core.html import element
from msgnb.tables.transcript import QUIET


class CampaignProgress(widgets.VBox):
    """A progress bar of the recipients that a campaign has reached, with the status from the platform.

    Args:
        title: the campaign's title.
    """

    def __init__(self, title: str) -> None:
        self._bar = widgets.IntProgress(
            min=0, max=1, description_allow_html=False, layout={"width": "auto", "height": "14px"}
        )
        self._words = widgets.HTML()
        head = widgets.HTML(element("b", title))
        super().__init__([head, self._bar, self._words], layout={"max_width": "46em"})
        self.add_class("msgnb-campaign-progress")

    def show(self, progress: Progress) -> None:
        """Show how far the campaign is now."""
        self._bar.max, self._bar.value = max(1, progress.total), progress.reached
        complete = progress.finished and progress.reached == progress.total
        self._bar.bar_style = "success" if complete else "info"
        self._words.value = element("div", progress.summary, style=QUIET, role="status")
