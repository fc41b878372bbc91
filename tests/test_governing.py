"""A template's life: drawn by one, authorised and signed by another; what is forbidden is told."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests import governed
from tests.governed import APPROVER, AUTHOR
from workbench import signing
from workbench.errors import (
    NotAllowedError,
    NotReadyError,
    StaleDocumentError,
    TemplateError,
    WorkbenchError,
    WrongPinError,
)
from workbench.flow import authorising, enrolling, governing
from workbench.flow.vouching import vouch
from workbench.model import Person, TemplateAct, TemplateEvent, TemplateState
from workbench.store import templates as kept
from workbench.words import say
from workbench.workspace import Settings, Workspace, open_workspace

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def site(empty_site: Path, keys: Path, tmp_path: Path) -> Workspace:
    """A site of its own with people and the templates that ship."""
    shutil.copy(empty_site, tmp_path / "workbench.db")
    return open_workspace(Settings(data=tmp_path, keys=keys, engines=("none",)))


def again(work: Workspace, **chosen: object) -> Workspace:
    """The same site opened once more, as another process does."""
    return open_workspace(work.settings.model_copy(update=chosen))


def refusals(work: Workspace) -> list[TemplateEvent]:
    return kept.events(work.store, act=TemplateAct.REFUSED)


def tamper(work: Workspace, sql: str, **values: object) -> None:
    """Somebody who has the database but not the keys."""
    with work.store.engine.begin() as connection:
        assert connection.execute(sa.text(sql), values).rowcount


# --- the way -------------------------------------------------------------------------------------


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


def test_another_process_reads_with_what_was_authorised_within_two_seconds(
    site: Workspace,
) -> None:
    worker = again(site)
    assert worker.templates["con_dau"].version == 1
    governed.put_into_use(site, governed.next_text(site, "con_dau"))
    worker._in_use._asked_until -= 2  # two seconds later
    assert worker.templates["con_dau"].version == 2


def test_a_draft_without_a_base_says_what_is_in_use_under_the_next_number(
    site: Workspace,
) -> None:
    draft = governing.begin(site, "con_dau", by=AUTHOR)
    in_use = site.templates["con_dau"]
    assert draft.base == in_use.digest
    assert draft.source == in_use.source.replace(b"version: 1", b"version: 2")


def test_a_draft_is_told_as_drawn_over_scans_or_as_brought_in(site: Workspace) -> None:
    text = site.templates["con_dau"].source
    drawn = governing.begin(site, "con_dau", by=AUTHOR, source=text, scans=("a",))
    brought = governing.begin(site, "con_dau", by=AUTHOR, source=text)
    told = {event.draft: event.act for event in kept.events(site.store, "con_dau")}
    assert told[drawn.id] is TemplateAct.DRAWN
    assert told[brought.id] is TemplateAct.CHANGED


def test_what_was_handed_back_goes_on_as_a_draft_and_may_be_submitted_again(
    site: Workspace,
) -> None:
    waiting = governed.submitted(site, governed.next_text(site, "con_dau"))
    authorising.hand_back(site, waiting.digest, by=APPROVER, reason="Thiếu trường ngày cấp.")
    draft = kept.draft(site.store, waiting.draft)
    assert draft is not None and draft.submitted == "" and draft.closed_at is None
    governing.submit(site, draft.id, by=AUTHOR)
    assert governed.authorised(site, waiting.digest).state is TemplateState.AUTHORISED


def test_a_new_form_is_begun_by_a_designer_only(site: Workspace) -> None:
    assert governing.begin(site, "giay_moi", by=AUTHOR).source == b"id: giay_moi\nversion: 1\n"
    with pytest.raises(NotAllowedError):
        governing.begin(site, "giay_khac", by="soat1")
    assert refusals(site)[0].by == "soat1"


def test_what_is_retired_is_read_with_no_more_and_kept(site: Workspace) -> None:
    digest = site.templates["con_dau"].digest
    authorising.retire(site, digest, by=APPROVER, reason="Mẫu cũ.")
    assert "con_dau" not in site.templates
    assert "con_dau" not in again(site).templates  # though its file still lies in the folder
    assert site.template(digest).id == "con_dau"


# --- each forbidden act --------------------------------------------------------------------------


def test_an_author_never_authorises(site: Workspace) -> None:
    tamper(site, "UPDATE person SET roles = '[\"designer\", \"approver\"]' WHERE name = 'mau1'")
    waiting = governed.submitted(site, governed.next_text(site, "con_dau"))
    with pytest.raises(NotAllowedError, match="You drew this template"):
        governed.authorised(site, waiting.digest, by=AUTHOR)
    assert site.templates["con_dau"].version == 1
    told = refusals(site)[0]
    assert (told.by, told.digest) == (AUTHOR, waiting.digest)
    assert "Bạn là người soạn" in say(told.told["text"])


def test_who_changed_the_draft_once_is_an_author_too(site: Workspace) -> None:
    tamper(site, "UPDATE person SET roles = '[\"designer\", \"approver\"]' WHERE name = 'duyet1'")
    source = governed.next_text(site, "con_dau")
    draft = governed.drawn(site, source)
    draft = governing.save(site, draft.id, source + b"# a\n", by=APPROVER, revision=0)
    draft = governing.save(site, draft.id, source, by=AUTHOR, revision=1)
    governed.proven(site, source)
    waiting = governing.submit(site, draft.id, by=AUTHOR)
    with pytest.raises(NotAllowedError, match="You drew this template"):
        governed.authorised(site, waiting.digest)


def test_the_same_text_drawn_on_a_draft_that_was_given_up_makes_an_author(
    site: Workspace,
) -> None:
    tamper(site, "UPDATE person SET roles = '[\"designer\", \"approver\"]' WHERE name = 'duyet1'")
    source = governed.next_text(site, "con_dau")
    mine = governed.drawn(site, source, by=APPROVER)
    governing.drop(site, mine.id, by=APPROVER, reason="Nhờ người khác trình.")
    waiting = governed.submitted(site, source)
    with pytest.raises(NotAllowedError, match="You drew this template"):
        governed.authorised(site, waiting.digest)


def test_what_goes_on_from_a_text_that_was_handed_back_is_its_authors_too(site: Workspace) -> None:
    tamper(site, "UPDATE person SET roles = '[\"designer\", \"approver\"]' WHERE name = 'duyet1'")
    source = governed.next_text(site, "con_dau")
    mine = governed.submitted(site, source, by=APPROVER)
    authorising.hand_back(site, mine.digest, by=APPROVER, reason="Nhờ người khác trình.")
    own = kept.draft(site.store, mine.draft)
    assert own is not None
    governing.save(site, own.id, source + b"# a\n", by=APPROVER, revision=own.revision)
    theirs = governing.begin(site, "con_dau", by=AUTHOR, base=mine.digest)
    assert set(theirs.authors) == {APPROVER, AUTHOR}
    waiting = governed.submitted(site, source)
    assert waiting.digest == mine.digest
    with pytest.raises(NotAllowedError, match="You drew this template"):
        governed.authorised(site, waiting.digest)


def test_a_second_account_of_the_author_is_the_author(site: Workspace) -> None:
    author = site.store.person(AUTHOR)
    assert author is not None
    twin = Person(
        name="duyet9", shown_as=author.shown_as.upper(), password_hash="x",
        roles=["approver"], unit=author.unit,
    )  # fmt: skip
    site.store.keep(twin)
    waiting = governed.submitted(site, governed.next_text(site, "con_dau"))
    with pytest.raises(NotAllowedError, match="name of an author"):
        governed.authorised(site, waiting.digest, by="duyet9")
    assert refusals(site)[0].by == "duyet9"


def test_nobody_signs_with_a_certificate_in_another_name(site: Workspace) -> None:
    waiting = governed.submitted(site, governed.next_text(site, "con_dau"))
    other = site.store.person("quanly1")
    assert other is not None
    keys = site.trial_keys(other)
    assert keys is not None
    with pytest.raises(NotAllowedError, match="not in the name of this account"):
        authorising.authorise(site, waiting.digest, by=APPROVER, reason="x", keys=keys)
    assert kept.standing(site.store, waiting.digest).state is TemplateState.SUBMITTED


def test_a_wrong_password_authorises_nothing(site: Workspace) -> None:
    waiting = governed.submitted(site, governed.next_text(site, "con_dau"))
    folder = site.settings.keys_folder
    trial = signing.trial_keys.ensure_personal(folder, APPROVER, "Lãnh đạo duyệt")
    content = (trial.folder / "signer.p12").read_bytes()
    keys = signing.HandedKeys(content, "wrong", "signer.p12")
    with pytest.raises(WrongPinError):
        authorising.authorise(site, waiting.digest, by=APPROVER, reason="x", keys=keys)
    assert kept.standing(site.store, waiting.digest).state is TemplateState.SUBMITTED


def test_without_a_reason_nothing_is_decided(site: Workspace) -> None:
    waiting = governed.submitted(site, governed.next_text(site, "con_dau"))
    for decide in (authorising.hand_back, authorising.retire):
        with pytest.raises(NotReadyError, match="reason"):
            decide(site, waiting.digest, by=APPROVER, reason=" ")


def test_a_retired_version_is_not_authorised_again(site: Workspace) -> None:
    digest = site.templates["con_dau"].digest
    authorising.retire(site, digest, by=APPROVER, reason="Mẫu cũ.")
    with pytest.raises(NotAllowedError, match="was retired"):
        governed.authorised(site, digest)
    assert refusals(site)[0].digest == digest
    with pytest.raises(NotReadyError, match="submitted before"):
        governed.submitted(site, site.template(digest).source)


def test_an_untested_text_is_not_submitted(site: Workspace) -> None:
    draft = governed.drawn(site, governed.next_text(site, "con_dau"))
    with pytest.raises(NotAllowedError, match="not tested"):
        governing.submit(site, draft.id, by=AUTHOR)
    assert refusals(site)[0].draft == draft.id


def test_a_worse_text_is_submitted_only_with_the_reason_why(site: Workspace) -> None:
    source = governed.next_text(site, "con_dau")
    governed.proven(site, source, worse=True)
    draft = governed.drawn(site, source)
    with pytest.raises(NotAllowedError, match="worse"):
        governing.submit(site, draft.id, by=AUTHOR)
    standing = governing.submit(site, draft.id, by=AUTHOR, reason="Biểu mẫu đã đổi.")
    assert standing.state is TemplateState.SUBMITTED


def test_a_text_that_is_not_valid_is_kept_as_a_draft_and_not_submitted(site: Workspace) -> None:
    draft = governing.begin(site, "con_dau", by=AUTHOR, source=b"id: con_dau\nversion: [")
    with pytest.raises(TemplateError):
        governing.submit(site, draft.id, by=AUTHOR)


def test_a_version_drawn_from_one_that_was_replaced_meanwhile_is_not_submitted(
    site: Workspace,
) -> None:
    late = governed.drawn(site, governed.next_text(site, "con_dau", change="late"))
    governed.put_into_use(site, governed.next_text(site, "con_dau"))
    governed.proven(site, late.source)
    with pytest.raises(NotReadyError, match="came into use after"):
        governing.submit(site, late.id, by=AUTHOR)


# --- who is quicker, and what is cut off ---------------------------------------------------------


def test_a_stale_save_is_told_and_nothing_is_lost(site: Workspace) -> None:
    draft = governing.begin(site, "con_dau", by=AUTHOR)
    governing.save(site, draft.id, draft.source + b"# one\n", by=AUTHOR, revision=0)
    with pytest.raises(StaleDocumentError):
        governing.save(site, draft.id, draft.source + b"# two\n", by=AUTHOR, revision=0)
    kept_now = kept.draft(site.store, draft.id)
    assert kept_now is not None and kept_now.source.endswith(b"# one\n")


def test_of_two_who_authorise_at_once_one_does_and_the_other_is_told(site: Workspace) -> None:
    first = governed.submitted(site, governed.next_text(site, "con_dau", change="a"))
    second = governed.submitted(site, governed.next_text(site, "con_dau", change="b"))
    start, came = threading.Barrier(2), []

    def decide(work: Workspace, digest: str) -> None:
        start.wait()
        try:
            came.append(governed.authorised(work, digest).digest)
        except (StaleDocumentError, NotAllowedError) as error:
            came.append(type(error).__name__)

    threads = [
        threading.Thread(target=decide, args=(again(site), one.digest)) for one in (first, second)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = [one for one in came if one in (first.digest, second.digest)]
    assert len(won) == 1, came
    states = [one.state for one in kept.standings(site.store, "con_dau")]
    assert states.count(TemplateState.AUTHORISED) == 1
    site.templates_changed()
    assert site.templates["con_dau"].digest == won[0]


_KILLED = """
import os, signal, sys
from pathlib import Path
from tests import governed
from workbench.store import templates as kept
from workbench.workspace import Settings, open_workspace

data, keys, digest = sys.argv[1:]
change, done = kept._change, []

def killed(*args, **values):
    change(*args, **values)
    done.append(values["state"].value)
    if done == ["retired", "authorised"]:  # both are written, and not kept yet
        os.kill(os.getpid(), signal.SIGKILL)

kept._change = killed
given = Settings(data=Path(data), keys=Path(keys), engines=("none",))
governed.authorised(open_workspace(given), digest)
"""


def test_killed_in_the_middle_of_a_decision_leaves_all_as_it_was(site: Workspace) -> None:
    waiting = governed.submitted(site, governed.next_text(site, "con_dau"))
    before = site.templates["con_dau"].digest
    given = (str(site.settings.data), str(site.settings.keys), waiting.digest)
    ended = subprocess.run([sys.executable, "-c", _KILLED, *given], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert kept.standing(site.store, waiting.digest).state is TemplateState.SUBMITTED
    assert kept.standing(site.store, before).state is TemplateState.AUTHORISED
    assert again(site).templates["con_dau"].digest == before
    assert governed.authorised(site, waiting.digest).state is TemplateState.AUTHORISED


# --- what was altered ----------------------------------------------------------------------------


def test_a_file_that_nobody_authorised_is_not_read_with_recorded_once_and_stops_nothing(
    site: Workspace, tmp_path: Path
) -> None:
    folder = tmp_path / "forms"
    folder.mkdir()
    changed = site.templates["con_dau"].source.replace(b"critical: true", b"critical: false", 1)
    (folder / "con_dau.yaml").write_bytes(changed)
    (folder / "broken.yaml").write_text("id: [", encoding="utf-8")
    for _ in range(2):
        opened = again(site, templates=folder)
        assert opened.templates["con_dau"].source != changed
    assert sorted(r.about["file"] for r in refusals(site)) == ["broken.yaml", "con_dau.yaml"]
    told = {file.name: file.state for file in enrolling.lying(site.store, folder)}
    assert told == {"broken.yaml": None, "con_dau.yaml": None}


def test_an_empty_store_takes_in_what_ships_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "forms"
    folder.mkdir()
    ours = Settings().templates / "antt.yaml"
    (folder / "antt.yaml").write_bytes(ours.read_bytes())
    (folder / "mine.yaml").write_bytes(ours.read_bytes().replace(b"id: antt", b"id: mine"))
    given = Settings(data=tmp_path / "data", templates=folder, engines=("none",))
    assert list(open_workspace(given).templates) == ["antt"]


def test_every_template_that_ships_is_on_the_list(site: Workspace) -> None:
    files = sorted(site.settings.templates.glob("*.yaml"))
    assert {site.templates[f.stem].source for f in files} == {f.read_bytes() for f in files}


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE templateversion SET source = CAST(source || '#' AS BLOB) WHERE digest = :digest",
        "UPDATE templatestanding SET reason = 'Một lý do khác.' WHERE digest = :digest",
        "UPDATE templatestanding SET decided_by = 'quanly1' WHERE digest = :digest",
        "UPDATE templatestanding SET signature = '' WHERE digest = :digest",
    ],
)
def test_a_version_whose_text_or_signature_was_altered_is_not_read_with_and_told(
    site: Workspace, sql: str
) -> None:
    standing = governed.put_into_use(site, governed.next_text(site, "con_dau"))
    tamper(site, sql, digest=standing.digest)
    opened = again(site)
    assert "con_dau" not in opened.templates
    assert "antt" in opened.templates
    assert len(refusals(site)) == 1
    assert refusals(site)[0].digest == standing.digest
    assert "con_dau" not in again(site).templates
    assert len(refusals(site)) == 1  # recorded once
    one = kept.standing(site.store, standing.digest)
    assert one is not None and vouch(site.store, one, site.judge).flaw is not None


def test_a_signature_that_was_out_of_reach_for_a_moment_is_looked_for_again(
    site: Workspace,
) -> None:
    standing = governed.put_into_use(site, governed.next_text(site, "con_dau"))
    opened, file = again(site), site.store.path(standing.signature)
    file.rename(file.with_suffix(".away"))
    assert "con_dau" not in opened.templates
    file.with_suffix(".away").rename(file)
    opened.templates_changed()
    assert "con_dau" in opened.templates


def test_what_was_altered_while_it_waited_is_not_authorised(site: Workspace) -> None:
    waiting = governed.submitted(site, governed.next_text(site, "con_dau"))
    tamper(
        site,
        "UPDATE templateversion SET source = source || '#' WHERE digest = :digest",
        digest=waiting.digest,
    )
    with pytest.raises(NotAllowedError, match="altered"):
        governed.authorised(site, waiting.digest)


def test_a_document_is_not_shown_with_an_altered_text(site: Workspace) -> None:
    standing = governed.put_into_use(site, governed.next_text(site, "con_dau"))
    tamper(
        site,
        "UPDATE templateversion SET source = source || '#' WHERE digest = :digest",
        digest=standing.digest,
    )
    with pytest.raises(WorkbenchError, match="altered"):
        again(site).template(standing.digest)
