"""The frame around every page. Lies in the package: beside `pages/` a deep link would miss it."""

import streamlit as st

from workbench import ui
from workbench.ui import frame
from workbench.ui.look import MARK, wordmark
from workbench.ui.places import WIDE
from workbench.words import say

ui.speak_as_chosen()
st.set_page_config(
    page_title=say("Digitisation workbench"),
    page_icon=MARK,
    layout="wide",
)
with ui.guarded():
    work, person = ui.workspace(), ui.person()
    st.logo(wordmark(), icon_image=MARK, size="large")
    page = frame.navigation(person)
    st.set_page_config(initial_sidebar_state="collapsed" if page.url_path in WIDE else 240)
    frame.who_is_here(person, work)
    frame.say_what_was_done()
    page.run()
