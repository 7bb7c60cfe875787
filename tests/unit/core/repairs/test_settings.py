"""A second setting, made up here, has its own repair, ledger entry and finding; no product file knows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import pytest

from reseal.core.checks.catalogue import Decisions
from reseal.core.decision import Remediate, Severity
from reseal.core.findings.finding import Status
from reseal.core.findings.render.commands import undo_command
from reseal.core.findings.results import CheckResult, findings_of, results_of
from reseal.core.outcome import Applied, Failed
from reseal.core.policy.requirements import Mode
from reseal.core.repairs.ledger_entry import CHANGES, STATES, LedgerEntry, entry_id_of
from reseal.core.repairs.repair import Repair, repairs_of
from reseal.core.resource import BucketResource
from reseal.core.state.change import EncryptionChange
from reseal.core.state.setting import Setting
from tests.support.builders import (
    BUCKET,
    BUCKET_KEY,
    DEFAULT_ENCRYPTION,
    ENFORCE_ALL,
    EVENT_ID,
    KEY_ACCESS,
    SSE_C_BLOCK,
    SSE_KMS,
    K,
    a_call,
    encryption,
    requirements,
)
from tests.support.fakes.services import NOON

REQUIREMENTS = requirements(check_modes=ENFORCE_ALL)
NAMING = "PutBucketNickname"


@dataclass(frozen=True)
class Nickname:
    """A made-up state."""

    text: str

    @property
    def in_words(self) -> str:
        return f"called {self.text}"

    def equals(self, other: Nickname) -> bool:
        return self == other

    def meets(self, intended: Nickname) -> bool:
        return self == intended

    def to_document(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Naming:
    """A made-up change."""

    text: str
    setting: str = NAMING
    key_arn: str | None = None

    def applied_to(self, found: Nickname) -> Nickname:
        return found if self.text in found.text else Nickname(text=found.text + self.text)

    def to_document(self) -> dict[str, Any]:
        return asdict(self)


def remediate(change: Any) -> Remediate:
    return Remediate(change=change, severity=Severity.HIGH, reason="it is wrong")


DECISIONS: Decisions = {
    DEFAULT_ENCRYPTION: remediate(EncryptionChange(algorithm=SSE_KMS, key_arn=K)),
    BUCKET_KEY: remediate(Naming("!")),
    SSE_C_BLOCK: remediate(Naming("?")),
}
FOUND: Mapping[str, Any] = {Setting.BUCKET_ENCRYPTION: encryption(), NAMING: Nickname("pay")}


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STATES, NAMING, lambda document: Nickname(**document))
    monkeypatch.setitem(CHANGES, NAMING, lambda document: Naming(**document))


def the_repair() -> Repair:
    return repairs_of(REQUIREMENTS, FOUND, DECISIONS)[1]


def an_entry(outcome: Applied | Failed, repair: Repair | None = None) -> LedgerEntry[Any]:
    repair = repair or the_repair()
    return LedgerEntry(
        entry_id=entry_id_of(BucketResource(bucket=BUCKET), EVENT_ID, repair.setting),
        resource=BucketResource(bucket=BUCKET),
        setting=repair.setting,
        before=repair.before,
        intended=repair.intended,
        violations=DECISIONS,  # type: ignore[arg-type]  # all are violations
        checks=repair.checks,
        owner="me",
        lease_until=1,
        action=repair.setting,
        outcome=outcome,
    )


def test_each_setting_has_one_repair_that_merges_its_checks() -> None:
    repairs = repairs_of(REQUIREMENTS, FOUND, DECISIONS)

    assert [(repair.setting, repair.checks) for repair in repairs] == [
        (Setting.BUCKET_ENCRYPTION, (DEFAULT_ENCRYPTION,)),
        (NAMING, (BUCKET_KEY, SSE_C_BLOCK)),
    ]
    assert repairs[1].intended == Nickname("pay!?")


def test_undone_repair_restores_the_state_before() -> None:
    assert the_repair().undone == Repair(
        setting=NAMING, before=Nickname("pay!?"), intended=Nickname("pay"), checks=(BUCKET_KEY, SSE_C_BLOCK)
    )


def test_entries_of_two_settings_of_one_event_have_their_own_ids() -> None:
    entry = an_entry(Applied(after=Nickname("pay!?"), at=NOON))

    assert entry.entry_id == f"{BUCKET}#{EVENT_ID}#{NAMING}"
    assert entry.entry_id != entry_id_of(BucketResource(bucket=BUCKET), EVENT_ID, Setting.BUCKET_ENCRYPTION)


@pytest.mark.parametrize(
    "outcome", [Applied(after=Nickname("pay!?"), at=NOON), Failed(code="No", reason="no")]
)
def test_entry_survives_the_way_through_the_ledger(outcome: Applied | Failed) -> None:
    entry = an_entry(outcome)

    assert LedgerEntry.from_document(json.loads(json.dumps(entry.to_document()))) == entry


def test_write_is_also_for_a_check_that_only_detects_and_that_it_remediates_on_its_way() -> None:
    modes = {**ENFORCE_ALL, SSE_C_BLOCK: Mode.DETECT, KEY_ACCESS: Mode.DETECT}
    decisions = {BUCKET_KEY: remediate(Naming("!?")), SSE_C_BLOCK: remediate(Naming("?"))}
    beside = {DEFAULT_ENCRYPTION: DECISIONS[DEFAULT_ENCRYPTION], KEY_ACCESS: remediate(Naming("#"))}

    repairs = repairs_of(requirements(check_modes=modes), FOUND, decisions | beside)

    assert {repair.setting: repair.checks for repair in repairs} == {
        Setting.BUCKET_ENCRYPTION: (DEFAULT_ENCRYPTION,),
        NAMING: (BUCKET_KEY, SSE_C_BLOCK),
    }


def test_entry_of_an_undone_repair_survives_the_way_through_the_ledger() -> None:
    undone = an_entry(Applied(after=Nickname("pay"), at=NOON), the_repair().undone)

    restored = LedgerEntry.from_document(json.loads(json.dumps(undone.to_document())))

    assert (restored, restored.intended) == (undone, Nickname("pay"))


def test_finding_of_a_write_names_its_state_before_and_its_call() -> None:
    entry = an_entry(Applied(after=Nickname("pay!?"), at=NOON))

    finding, *_ = findings_of(REQUIREMENTS, a_call(), {BUCKET_KEY: results_of([entry])[BUCKET_KEY]})

    assert finding.written is not None
    assert (finding.status, finding.written.action) == (Status.REMEDIATED, NAMING)
    assert (finding.ledger_entry, finding.before) == (entry.entry_id, Nickname("pay"))
    assert undo_command(finding) is None


def test_entries_of_two_settings_hold_the_result_of_each_check_once() -> None:
    """Each entry names all violations of the event, and not the writes that other entries are for."""
    encrypted, named = (
        replace(an_entry(Failed(code="No", reason="no")), **vars_of(repair))
        for repair in repairs_of(REQUIREMENTS, FOUND, DECISIONS)
    )

    for entries in ([encrypted, named], [named, encrypted]):
        results = results_of(entries)

        assert results == {
            DEFAULT_ENCRYPTION: CheckResult(
                decision=DECISIONS[DEFAULT_ENCRYPTION], before=encryption(), entry=encrypted
            ),
            BUCKET_KEY: CheckResult(decision=DECISIONS[BUCKET_KEY], before=Nickname("pay"), entry=named),
            SSE_C_BLOCK: CheckResult(decision=DECISIONS[SSE_C_BLOCK], before=Nickname("pay"), entry=named),
        }


def test_violation_of_another_setting_has_no_state_before_in_the_entry() -> None:
    _, named = repairs_of(REQUIREMENTS, FOUND, DECISIONS)
    alone = replace(an_entry(Failed(code="No", reason="no")), **vars_of(named))

    result = results_of([alone])[DEFAULT_ENCRYPTION]

    assert (result.before, result.entry) == (None, None)


def vars_of(repair: Repair) -> dict[str, Any]:
    return {field.name: getattr(repair, field.name) for field in fields(repair)}
