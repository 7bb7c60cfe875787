"""The tables of KMS.KeyDeletion and KMS.KeyDisabled."""

from __future__ import annotations

from typing import Any

import pytest

from reseal.core.calls.look import Look
from reseal.core.checks.keys.key_deletion import decide_key_deletion
from reseal.core.checks.keys.key_disabled import decide_key_disabled
from reseal.core.decision import Compliant, Decision, Manual, Remediate, Severity
from reseal.core.resource import KeyResource
from reseal.core.state.key_knowledge import KnownKey, LastUse
from reseal.core.state.key_settings import KeyState, KeyStateChange
from reseal.core.state.kms_key import KeyNotFound
from tests.support.builders import PARTNER_KEY, TEAM_KEY, K, a_key, a_key_call, key_arn, requirements
from tests.support.fakes.services import NOON
from tests.unit.core.checks.keys.observed import ENABLED_BEFORE, LISTED, a_doomed_key, observed

SCHEDULED = a_key_call("ScheduleKeyDeletion")
DISABLED = a_key_call("DisableKey")
LOOK = Look(event_id="look-1", time=NOON, resource=KeyResource(kms_key=TEAM_KEY))
USED = {"buckets": ("payroll", "tax")}
DISABLED_BEFORE = KnownKey(at=NOON, seen="Disabled", state="Disabled")
LISTS_PARTNER = requirements(listed_keys=frozenset({PARTNER_KEY}))


OF_ANY_KIND = pytest.mark.parametrize(
    "facts",
    [
        {"spec": "RSA_2048", "usage": "SIGN_VERIFY"},
        {"spec": "HMAC_256", "usage": "GENERATE_VERIFY_MAC"},
        {"origin": "EXTERNAL"},
        {"origin": "AWS_CLOUDHSM"},
        {"origin": "EXTERNAL_KEY_STORE"},
        {"primary": key_arn("mrk-1", region="eu-west-1")},
    ],
    ids=["asymmetric", "HMAC", "imported", "CloudHSM", "key store", "replica"],
)
"""What a key is does not matter to whether it must stay and be usable."""


def severity_of(decision: Decision) -> Severity | None:
    return decision.severity if isinstance(decision, Manual | Remediate) else None


@pytest.mark.parametrize("call", [SCHEDULED, LOOK, DISABLED], ids=["this call", "look", "another call"])
@pytest.mark.parametrize(
    ("required", "key"),
    [(requirements(), a_doomed_key(K)), (LISTED, a_doomed_key())],
    ids=["remediation key", "listed"],
)
@pytest.mark.parametrize(
    ("known", "enables"),
    [(ENABLED_BEFORE, True), (DISABLED_BEFORE, False), (None, False)],
    ids=["enabled before", "disabled before", "nothing known"],
)
def test_deletion_of_a_key_by_name_is_cancelled_and_undone_only_if_it_was_enabled(
    call: Any, required: Any, key: Any, known: Any, enables: bool
) -> None:
    decision = decide_key_deletion(required, call, observed(key, rotation=None, known=known))

    assert isinstance(decision, Remediate)
    assert (decision.change, decision.severity) == (KeyStateChange(enables=enables), Severity.CRITICAL)
    assert ("not known to have been enabled" in decision.reason) is not enables


@pytest.mark.parametrize(
    ("required", "key", "used", "severity"),
    [
        (requirements(), a_doomed_key(), USED, Severity.CRITICAL),
        (requirements(), a_doomed_key(), {}, Severity.LOW),
        (LISTS_PARTNER, a_doomed_key(PARTNER_KEY), {}, Severity.CRITICAL),
    ],
    ids=["used", "unknown", "listed, of another account"],
)
def test_deletion_of_any_other_key_is_only_reported(
    required: Any, key: Any, used: dict[str, Any], severity: Severity
) -> None:
    found = observed(key, rotation=None, known=ENABLED_BEFORE, **used)

    decision = decide_key_deletion(required, SCHEDULED, found)

    assert isinstance(decision, Manual)
    assert decision.severity is severity


def test_finding_says_the_deadline_the_last_use_the_buckets_and_what_to_do_in_order() -> None:
    last = LastUse(at=NOON, operation="Decrypt", event_id="e-1")

    decision = decide_key_deletion(requirements(), SCHEDULED, observed(a_doomed_key(), last_use=last, **USED))

    assert isinstance(decision, Manual)
    for said in (
        "KMS deletes it at 2026-11-30T12:00:00+00:00",
        "used by 2 known buckets: payroll, tax",
        "last used at 2026-11-23T12:00:00+00:00 (Decrypt, CloudTrail event e-1)",
    ):
        assert said in decision.reason
    order = [decision.recommendation.index(f"{step}. ") for step in range(1, 5)]
    assert order == sorted(order)
    assert decision.recommendation.index("cancel-key-deletion") < decision.recommendation.index("enable-key ")


@pytest.mark.parametrize(
    ("last_use", "said"),
    [
        (LastUse(), "notes uses only since 2026-04-23: it may be in use"),
        (LastUse(tracked=True), "noted no use of it since it was created"),
        (None, "when it was last used cannot be read"),
    ],
    ids=["older than tracking", "tracked", "denied"],
)
def test_no_recorded_use_is_not_called_unused(last_use: LastUse | None, said: str) -> None:
    decision = decide_key_deletion(requirements(), SCHEDULED, observed(a_doomed_key(), last_use=last_use))

    assert isinstance(decision, Manual)
    assert said in decision.reason
    assert "unused" not in decision.reason


def test_primary_that_waits_for_its_replicas_has_no_date() -> None:
    waiting = a_key(K, state="PendingReplicaDeletion")

    decision = decide_key_deletion(requirements(), SCHEDULED, observed(waiting, rotation=None))

    assert isinstance(decision, Remediate)
    assert "KMS deletes it after the last of its replicas" in decision.reason


@OF_ANY_KIND
def test_deletion_of_a_listed_key_of_any_kind_is_cancelled(facts: dict[str, Any]) -> None:
    decision = decide_key_deletion(LISTED, SCHEDULED, observed(a_doomed_key(**facts), rotation=None))

    assert isinstance(decision, Remediate)


@OF_ANY_KIND
def test_disabled_key_of_any_kind_is_reported(facts: dict[str, Any]) -> None:
    found = observed(a_key(state="Disabled", **facts), rotation=None, **USED)

    assert severity_of(decide_key_disabled(requirements(), LOOK, found)) is Severity.CRITICAL


@pytest.mark.parametrize("decide", [decide_key_deletion, decide_key_disabled])
def test_aws_managed_key_is_compliant(decide: Any) -> None:
    found = observed(a_key(manager="AWS"), rotation=None, **USED)

    assert isinstance(decide(LISTED, LOOK, found), Compliant)


@pytest.mark.parametrize("state", ["Disabled", "PendingImport", "Unavailable"])
@pytest.mark.parametrize(
    ("required", "used", "severity"),
    [
        (LISTS_PARTNER, {}, Severity.CRITICAL),
        (requirements(), USED, Severity.CRITICAL),
        (requirements(), {}, Severity.LOW),
    ],
    ids=["listed", "used", "unknown"],
)
def test_only_the_account_of_a_key_can_make_it_usable(
    state: str, required: Any, used: dict[str, Any], severity: Severity
) -> None:
    found = observed(a_key(PARTNER_KEY, state=state), rotation=None, **used)

    decision = decide_key_disabled(required, LOOK, found)

    assert isinstance(decision, Manual)
    assert decision.severity is severity
    assert decision.recommendation.startswith("ask account 444455556666, which alone can do it")


def test_key_of_another_account_is_asked_of_that_account() -> None:
    decision = decide_key_deletion(LISTS_PARTNER, LOOK, observed(a_doomed_key(PARTNER_KEY)))

    assert isinstance(decision, Manual)
    assert decision.recommendation.startswith("ask account 444455556666 at once")


@pytest.mark.parametrize(
    ("call", "required", "severity"),
    [
        (SCHEDULED, LISTED, Severity.CRITICAL),
        (SCHEDULED, requirements(), None),
        (LOOK, LISTED, None),
        (DISABLED, LISTED, None),
    ],
    ids=["listed", "not listed", "look", "another call"],
)
def test_who_scheduled_the_deletion_of_a_key_by_name_is_reported_though_it_is_over(
    call: Any, required: Any, severity: Severity | None
) -> None:
    decision = decide_key_deletion(required, call, observed(a_key(state="Disabled"), **USED))

    assert severity_of(decision) is severity
    assert severity is None or "state is now Disabled" in decision.reason


def test_cancellation_that_an_earlier_delivery_did_not_finish_is_finished() -> None:
    before = KeyState(state="PendingDeletion")
    found = observed(a_key(state="Disabled"), rotation=None, interrupted=before)

    decision = decide_key_deletion(LISTED, SCHEDULED, found)

    assert isinstance(decision, Remediate)
    assert decision.change == KeyStateChange(enables=True)
    assert found.settings["CancelKeyDeletion"] == before
    assert isinstance(decide_key_disabled(LISTED, SCHEDULED, found), Compliant)


@pytest.mark.parametrize(
    ("required", "used", "severity"),
    [
        (LISTED, {}, Severity.CRITICAL),
        (requirements(), USED, Severity.CRITICAL),
        (requirements(), {}, Severity.LOW),
    ],
    ids=["listed", "used", "unknown"],
)
@pytest.mark.parametrize("call", [a_key_call("DeleteKey"), LOOK], ids=["kms", "look"])
def test_key_that_is_gone_is_reported(
    call: Any, required: Any, used: dict[str, Any], severity: Severity
) -> None:
    gone = observed(KeyNotFound(named=TEAM_KEY), rotation=None, **used)

    assert severity_of(decide_key_deletion(required, call, gone)) is severity
    assert gone.settings == {}
    assert isinstance(decide_key_disabled(required, call, gone), Compliant)


@pytest.mark.parametrize(
    "state", ["Enabled", "Creating", "Updating", "PendingDeletion", "PendingReplicaDeletion"]
)
def test_key_in_another_state_is_no_disabled_key(state: str) -> None:
    assert isinstance(decide_key_disabled(LISTED, LOOK, observed(a_key(state=state), **USED)), Compliant)


@pytest.mark.parametrize(
    ("state", "advice"),
    [
        ("Disabled", "aws kms enable-key --region us-east-1 --key-id 11111111-"),
        ("PendingImport", "import the same key material again"),
        ("Unavailable", "aws kms connect-custom-key-store"),
    ],
)
@pytest.mark.parametrize(
    ("required", "used", "severity"),
    [
        (LISTED, {}, Severity.CRITICAL),
        (requirements(), USED, Severity.CRITICAL),
        (requirements(), {}, Severity.LOW),
    ],
    ids=["listed", "used", "unknown"],
)
def test_key_that_cannot_be_used_is_reported_and_never_switched_on(
    state: str, advice: str, required: Any, used: dict[str, Any], severity: Severity
) -> None:
    decision = decide_key_disabled(required, DISABLED, observed(a_key(state=state), rotation=None, **used))

    assert isinstance(decision, Manual)
    assert decision.severity is severity
    assert advice in decision.recommendation


@pytest.mark.parametrize(
    ("call", "required", "severity"),
    [(DISABLED, LISTED, Severity.CRITICAL), (DISABLED, requirements(), None), (LOOK, LISTED, None)],
    ids=["listed", "not listed", "look"],
)
def test_who_disabled_a_key_by_name_is_reported_though_it_is_enabled_again(
    call: Any, required: Any, severity: Severity | None
) -> None:
    assert severity_of(decide_key_disabled(required, call, observed(**USED))) is severity
