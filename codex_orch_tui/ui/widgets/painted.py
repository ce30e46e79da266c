"""Whether a widget can be seen."""

from textual.errors import NoWidget
from textual.widget import Widget


def is_painted(widget: Widget) -> bool:
    """Whether any cell of the widget is on the terminal: its screen is in front and a layout gave it room."""
    if not widget.is_attached or widget.screen is not widget.app.screen:
        return False
    try:
        place = widget.screen.find_widget(widget)
    except NoWidget:
        return False
    return place.visible_region.area > 0
