"""Forms for a notebook, made of plain ipywidgets controls."""

from msgnb.widgets.send_form import SendForm

__all__ = ["SendForm"]
