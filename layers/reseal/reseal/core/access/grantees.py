"""Step 3, decide: the callers that a bucket policy allows to read or write objects.

Sources: Amazon S3 User Guide, "Bucket policies", "Amazon S3 condition keys", "Blocking public access".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reseal.core.access.callers import (
    ANY_SERVICE,
    UNIQUE_ID,
    Caller,
    Kind,
    is_of_services,
    is_of_the_caller,
)
from reseal.core.access.evaluator import (
    RESOURCE,
    elements,
    names_action,
    remaining,
    resources_of,
    with_variables_of,
)
from reseal.core.access.iam_policy import Statement, account_of_arn, conditions, listed, statements
from reseal.core.access.patterns import ANYTHING, Pattern, Style, exact, overlap
from reseal.core.access.ranges import ABSENT, Range, always
from reseal.core.access.requests import Requests

READS = ("s3:GetObject", "s3:GetObjectVersion")
WRITES = ("s3:PutObject",)
"""Not s3:ReplicateObject: a replica keeps its source's type of encryption and does not take the bucket's
default, unless its source is unencrypted, as none is since 2023 (E20)."""

_ORIGIN_ACCESS_IDENTITY = ":iam::cloudfront:user/"
_OBJECTS = Pattern("arn:*:s3:::?*/*")
ENCRYPTION_HEADER = "s3:x-amz-server-side-encryption"
KEY_HEADER = f"{ENCRYPTION_HEADER}-aws-kms-key-id"
_ACCOUNT, _ARN, _SERVICE = "aws:principalaccount", "aws:principalarn", "aws:principalservicename"
_MOST_PARTS = 16
_ACCESS_POINTS = ("s3:dataaccesspointaccount", "s3:dataaccesspointarn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where a bucket is, whether Block Public Access shuts the public out, and what S3 says of its policy.

    `canonical_id` is that of its account, None if unknown.
    """

    account: str
    canonical_id: str | None = None
    partition: str = "aws"
    blocks_public: bool = False
    policy_is_public: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grantee:
    """Callers that a bucket policy allows to access objects, with what it demands of their requests.

    `conditional` says that the statement has at least one condition, `may_be_denied` that a Deny of the
    policy refuses all of them if what Reseal cannot know is so: their organization, their network.
    """

    requests: Requests
    reads: bool
    writes: bool
    conditional: bool = False
    may_be_denied: bool = False

    @property
    def kind(self) -> Kind:
        """The kind of the callers."""
        return self.requests.caller.kind

    @property
    def name(self) -> str:
        """The principal as the policy writes it."""
        return self.requests.caller.name

    @property
    def account(self) -> str | None:
        """The callers' account, if the policy admits callers of one account."""
        return self.requests.caller.account


def grantees_of(bucket_policy: Mapping[str, Any], home: Home) -> Iterator[Grantee]:
    """The callers that an Allow statement admits to read or write objects and no Deny certainly refuses.

    What cannot be settled counts as admitted, so that no admitted caller is missed.
    """
    for statement in statements(bucket_policy, "Allow"):
        grant = _Grant(policy=bucket_policy, statement=statement, home=home)
        for caller in _callers(statement, home):
            actions = [one for one in (*READS, *WRITES) if names_action(statement, one) is not False]
            found = [(requests, one) for one in actions for requests in grant.admitted(caller, one)]
            yield from _merged(
                found,
                conditional=grant.is_conditional,
                may_be_denied=any(grant.may_be_denied(caller, one) for one in actions),
            )


def writers_of_other_accounts(bucket_policy: Mapping[str, Any], own_account: str) -> list[str]:
    """The other accounts whose callers the policy allows to write objects."""
    grantees = grantees_of(bucket_policy, Home(account=own_account))
    writers = {grantee.account for grantee in grantees if grantee.writes}
    return sorted(account for account in writers if account not in (None, own_account))


def _merged(
    found: list[tuple[Requests, str]], *, conditional: bool, may_be_denied: bool
) -> Iterator[Grantee]:
    """One grantee for each set of requests, whatever actions it is admitted to."""
    unique: list[Requests] = []
    for requests, _ in found:
        if requests not in unique:
            unique.append(requests)
    for requests in unique:
        actions = {action for one, action in found if one == requests}
        yield Grantee(
            requests=requests,
            reads=bool(actions & set(READS)),
            writes=bool(actions & set(WRITES)),
            conditional=conditional,
            may_be_denied=may_be_denied,
        )


def _callers(statement: Statement, home: Home) -> Iterator[Caller]:
    principal = statement.get("Principal")
    if "NotPrincipal" in statement or principal == "*":
        principal = {"AWS": "*"}
    for kind, names in principal.items() if isinstance(principal, Mapping) else ():
        for name in listed(names):
            if kind != "AWS" or not UNIQUE_ID.fullmatch(str(name)):
                yield _caller(str(kind), str(name), home)


def _caller(kind: str, name: str, home: Home) -> Caller:
    if kind == "AWS":
        return _of_aws(name)
    if kind == "CanonicalUser" and name == home.canonical_id:
        return Caller(Kind.ACCOUNT, home.account, home.account)
    words = f"with the canonical user id {name}" if kind == "CanonicalUser" else name
    return Caller(Kind.SERVICE, name) if kind == "Service" else Caller(Kind.UNKNOWN, words)


def _of_aws(name: str) -> Caller:
    account = account_of_arn(name)
    if name == "*":
        return Caller(Kind.ANYONE, name)
    if _ORIGIN_ACCESS_IDENTITY in name:
        return Caller(Kind.ORIGIN_ACCESS_IDENTITY, name)
    return Caller(Kind.ACCOUNT, name, account) if account else Caller(Kind.UNKNOWN, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grant:
    """One Allow statement of a bucket policy."""

    policy: Mapping[str, Any]
    statement: Statement
    home: Home

    @property
    def is_conditional(self) -> bool:
        return any(True for _ in conditions(self.statement))

    def admitted(self, caller: Caller, action: str) -> Iterator[Requests]:
        """The requests for one action that the statement admits and no Deny certainly refuses."""
        if caller.kind is Kind.ANYONE:
            found = list(self._of_anyone(caller, action))
        else:
            parts = self._surviving(caller, action)
            found = [one for part in parts for one in _by_principal(_carried(part))]
        yield from (requests for requests in found if not self._shuts_out(requests.caller))

    def may_be_denied(self, caller: Caller, action: str) -> bool:
        """Whether a Deny may refuse all that the statement admits, by more than the request itself."""
        allowed = self._allowed(caller, action)
        denies = statements(self.policy, "Deny")
        return allowed is not None and any(_may_refuse(deny, allowed, action) for deny in denies)

    def _shuts_out(self, caller: Caller) -> bool:
        """Block Public Access also shuts other accounts out that a public policy names (S3, the API)."""
        is_other = caller.kind is Kind.ACCOUNT and caller.account != self.home.account
        return is_other and self.home.blocks_public and self.home.policy_is_public

    def _of_anyone(self, anyone: Caller, action: str) -> Iterator[Requests]:
        """`*` means everyone, signed or not, unless a condition or a Deny demands more.

        Services are meant too if a condition is about services; Block Public Access spares them.
        """
        if is_about_services := self._is_about_services(action):
            yield from self._of_services(action)
        anonymous = self._surviving(anyone, action)
        if not anonymous:
            yield from self._of_signed(action, may_be_others=not is_about_services)
        for part in anonymous:
            if accounts := _delegated_to(part):
                yield Requests(caller=Caller(Kind.ACCESS_POINT, accounts), ranges={})
            elif not self._is_shut_out:
                yield Requests(caller=anyone, ranges={})
            else:
                own = Caller(Kind.ACCOUNT, self.home.account, self.home.account)
                yield from map(_carried, self._surviving(own, action))

    def _of_services(self, action: str) -> Iterator[Requests]:
        for part in self._surviving(Caller(Kind.SERVICE, ANY_SERVICE), action):
            yield from _by_service(_carried(part))

    def _of_signed(self, action: str, *, may_be_others: bool) -> Iterator[Requests]:
        signed = self._surviving(Caller(Kind.SIGNED, self._described()), action)
        other = self._surviving(Caller(Kind.UNKNOWN, self._described()), action)
        for part in signed:
            yield from _by_account(_carried(part))
        if may_be_others and not signed:
            yield from map(_carried, other)

    def _is_about_services(self, action: str) -> bool:
        """Whether this statement, or a Deny of the action, distinguishes services."""
        denies = (deny for deny in statements(self.policy, "Deny") if names_action(deny, action) is not False)
        return any(_is_for_services(statement) for statement in (self.statement, *denies))

    def _described(self) -> str:
        """`*` and the values that the statement demands of the caller."""
        demanded = (values or [] for _, key, values in conditions(self.statement) if is_of_the_caller(key))
        values = [value for several in demanded for value in several]
        return f"* of {', '.join(values)}" if values else "*"

    @property
    def _is_shut_out(self) -> bool:
        """Whether Block Public Access applies. It spares a policy whose conditions S3 calls not public."""
        return self.home.blocks_public and (self.home.policy_is_public or not self.is_conditional)

    def _surviving(self, caller: Caller, action: str) -> list[Requests]:
        """The requests that the statement admits and no Deny certainly refuses, in parts."""
        allowed = self._allowed(caller, action)
        parts = [allowed] if allowed else []
        for deny in statements(self.policy, "Deny"):
            smaller = [one for part in parts for one in remaining(deny, part, action)]
            parts = smaller if len(smaller) <= _MOST_PARTS else parts
        return [part for part in parts if not _names_its_encryption(part)]

    def _allowed(self, caller: Caller, action: str) -> Requests | None:
        """The requests that the statement admits; None if there is certainly none."""
        start = Requests.of(caller, self.home.partition, **_known_to_s3(action, self.home))
        left = self._on_objects(with_variables_of(self.policy, start))
        for condition in conditions(self.statement):
            left = left.meeting(condition) if left else None
        return left

    def _on_objects(self, requests: Requests) -> Requests | None:
        """An object's ARN contains a slash; a wildcard can match it too (S3 User Guide, resources)."""
        named = resources_of(self.statement, requests)
        if named is None:
            return requests.having({RESOURCE: Range(present=True)})
        on_objects = tuple(one for one in named if overlap(one, _OBJECTS))
        return requests.having({RESOURCE: Range(present=True, within=on_objects)}) if on_objects else None


def _may_refuse(deny: Statement, requests: Requests, action: str) -> bool:
    """Whether a Deny is open because of what a caller cannot choose: TLS and the headers of S3 it can."""
    if any(answer is not True for answer in elements(deny, requests, action)):
        return False
    met = [(key, requests.meet((operator, key, values))) for operator, key, values in conditions(deny)]
    open_keys = [key for key, answer in met if answer is None]
    return all(answer is not False for _, answer in met) and any(
        key != "aws:securetransport" and not key.startswith("s3:") for key in open_keys
    )


def _known_to_s3(action: str, home: Home) -> dict[str, Range]:
    """What S3 knows of a request beside its caller; only a write can ask for an encryption."""
    known = {"aws:resourceaccount": always(home.account)}
    return known | ({ENCRYPTION_HEADER: ABSENT, KEY_HEADER: ABSENT} if action in READS else {})


def _names_its_encryption(requests: Requests) -> bool:
    """A write that asks for SSE-S3 or names a key does not take the bucket's default.

    Source: S3 User Guide, "Setting default server-side encryption behavior for S3 buckets".
    """
    header = requests.range_of(ENCRYPTION_HEADER)
    asks_for_s3_keys = header.present is True and header.lies_in([exact("AES256")]) is True
    return asks_for_s3_keys or requests.range_of(KEY_HEADER).present is True


def _delegated_to(requests: Requests) -> str | None:
    """The access points, or their accounts, to which a statement leaves the decision."""
    demanded = [requests.range_of(key) for key in _ACCESS_POINTS]
    named = [part.text for found in demanded if found.present for part in found.within]
    return ", ".join(named) or None


def _is_for_services(statement: Statement) -> bool:
    spared = statement.get("NotPrincipal")
    spares_services = isinstance(spared, Mapping) and "Service" in spared
    return spares_services or any(is_of_services(key) for _, key, _ in conditions(statement))


def _by_service(services: Requests) -> Iterator[Requests]:
    """The requests of services, each service that the policy names by itself."""
    for cell in services.cells((_SERVICE,)):
        caller = Caller(Kind.SERVICE, cell.value_of(_SERVICE) or ANY_SERVICE)
        yield replace(cell, caller=caller)


def _carried(requests: Requests) -> Requests:
    """The requests with what also holds when S3 uses the key for them: their caller and resource."""
    ranges = {
        name: found for name, found in requests.ranges.items() if name == RESOURCE or is_of_the_caller(name)
    }
    return replace(requests, ranges=ranges)


def _by_principal(requests: Requests) -> list[Requests]:
    """The requests of an account, each principal by itself if conditions name them all."""
    arns = requests.range_of(_ARN).within
    is_named = requests.caller.kind is Kind.ACCOUNT and all(arn.style is Style.EXACT for arn in arns)
    return list(_by_account(requests)) if is_named and not requests.caller.is_one else [requests]


def _by_account(signed: Requests) -> Iterator[Requests]:
    """The requests of signed callers, each account and principal that the policy names by itself."""
    for cell in signed.cells((_ACCOUNT, _ARN)):
        arn = cell.range_of(_ARN).within[0]
        account = cell.value_of(_ACCOUNT) or account_of_arn(arn.text)
        if account is None:
            yield cell
            continue
        caller = Caller(Kind.ACCOUNT, arn.text if arn.style is Style.EXACT else account, account)
        if cell.range_of(_ACCOUNT).narrowed([exact(account)]) and account_of_arn(arn.text) in (None, account):
            known = {_ACCOUNT: always(account)}
            known |= {_ARN: Requests.of(caller, "*").range_of(_ARN)} if arn == ANYTHING else {}
            yield replace(cell.having(known), caller=caller)
