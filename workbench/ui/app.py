"""The frame around every page. Lies in the package: beside `pages/` a deep link would miss it."""

import streamlit as st

from workbench import ui
from workbench.ui import frame
from workbench.ui.look import MARK, wordmark
from workbench.words import say

ui.speak_as_chosen()
st.set_page_config(
    page_title=say("Digitisation workbench"),
    page_icon=MARK,
    layout="wide",
    initial_sidebar_state=240,
)
with ui.guarded():
    work, person = ui.workspace(), ui.person()
    page = frame.navigation(person)
    st.set_page_config(page_title=f"{page.title} · {say('Digitisation workbench')}")
    st.logo(wordmark(), icon_image=MARK, size="large")
    frame.who_is_here(person, work)
    frame.say_what_was_done()
    page.run()
