"""What every page stands on: the workspace, who is here, and how an error is told."""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import ParamSpec

import streamlit as st
import structlog

from workbench.errors import NotAllowedError, WorkbenchError
from workbench.executors import Processes
from workbench.model import Person
from workbench.ui.signin import Sessions, secret
from workbench.words import Language, remedy, say, speak
from workbench.workspace import Workspace, at_hand, load_settings, open_workspace

log = structlog.get_logger(__name__)
P = ParamSpec("P")

LANGUAGE_COOKIE = "workbench_language"


@cache
def workspace() -> Workspace:
    """The one workspace of this process."""
    return open_workspace(load_settings(), executor=reading_room())


@cache
def reading_room() -> Processes:
    """Where this process lets engines read while a person waits."""
    return at_hand(load_settings())


@cache
def sessions() -> Sessions:
    """The sessions of this site."""
    keys = workspace().settings.keys_folder
    return Sessions(secret(keys), account, ended=keys / "ended-sessions")


def account(name: str) -> Person | None:
    """Whose account this is; those with the published password only while this is the demo."""
    work = workspace()
    person = work.store.person(name)
    return None if person and person.demo and not work.settings.demo else person


def person() -> Person:
    """Who is here, asked anew at every run: an open page too ends with its session."""
    session = st.user.get("workbench_session")
    someone = sessions().person(str(session)) if session else None
    if someone is None:
        raise NotAllowedError("You are not signed in.", "Sign in again.")
    return someone


def speak_as_chosen() -> None:
    """Speak the reader's language: each run is a new thread and begins in Vietnamese."""
    chosen = st.context.cookies.get(LANGUAGE_COOKIE) or workspace().settings.language
    language: Language = "en" if chosen == "en" else "vi"
    speak(language)


@contextmanager
def guarded() -> Iterator[None]:
    """Tell an error in place and let the rest of the page stand."""
    try:
        yield
    except WorkbenchError as error:
        tell(error)
    # The edge of a page: what nobody foresaw becomes a reference that leads to the log.
    except Exception as error:
        reference = secrets.token_hex(4)
        # Where it happened, but not the message nor the values: they may say what a paper says.
        log.error(
            "page.failed",
            reference=reference,
            error=type(error).__name__,
            where=[f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)],
        )
        st.error(
            say("Something went wrong that nobody foresaw; what was saved before is kept.")
            + "\n\n"
            + say(
                "Give this reference to the maintainers: {reference}", reference=f"`{reference}`"
            ),
            icon=":material/report:",
        )


def tell(error: WorkbenchError) -> None:
    """Say what happened and what helps."""
    advice = remedy(error)
    words = f"**{say(error)}**" + (f"\n\n{advice}" if advice else "")
    st.error(words, icon=":material/error:")


def watching(seconds: float) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Draw this part of the page again every few seconds, for progress only.

    A fragment runs without the frame around it: the language, the edge for errors and the question
    who is here are set here.
    """

    def decorate(draw: Callable[P, None]) -> Callable[P, None]:
        @wraps(draw)
        def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
            speak_as_chosen()
            with guarded():
                person()
                draw(*args, **kwargs)

        return st.fragment(drawn, run_every=max(seconds, 5))

    return decorate
