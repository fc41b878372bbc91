"""A template's life: drawn by one, authorised and signed by another; what is forbidden is told."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests import governed
from tests.governed import APPROVER, AUTHOR
from workbench.errors import NotAllowedError, NotReadyError, StaleDocumentError
from workbench.flow import authorising, governing
from workbench.flow.vouching import vouch
from workbench.model import Person, TemplateAct, TemplateEvent, TemplateState
from workbench.store import templates as kept
from workbench.words import say
from workbench.workspace import Settings, Workspace, open_workspace


@pytest.fixture
def site(desk_work: Workspace) -> Workspace:
    """A site of its own with the templates that ship, and keys beside its data."""
    folder = desk_work.settings.data
    return open_workspace(Settings(data=folder, keys=folder / "keys", engines=("none",)))


def last_refusal(work: Workspace) -> TemplateEvent:
    return kept.events(work.store, act=TemplateAct.REFUSED)[0]


def test_a_version_comes_into_use_with_a_signature_and_retires_the_one_before(
    site: Workspace,
) -> None:
    before = site.templates["con_dau"]
    standing = governed.put_into_use(site, governed.next_text(site, "con_dau"))
    assert site.templates["con_dau"].digest == standing.digest != before.digest
    assert kept.standing(site.store, before.digest).state is TemplateState.RETIRED
    told = vouch(site.store, standing, site.judge)
    assert told.flaw is None
    assert told.signature is not None and told.signature.trial
    assert site.template(before.digest).version == 1  # kept for ever
