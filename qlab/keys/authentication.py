"""The man in the middle, and the short shared secret that stops him.

Quantum key distribution makes a long key out of a short one; without any shared secret (or signatures)
Eve plays Bob to Alice and Alice to Bob, and every check passes. A one-time tag in the manner of
Wegman, Carter, J. Comput. Syst. Sci. 22, 265 (1981) stops her: whatever her computer, a forgery
passes with probability (number of blocks)/p at most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qlab import _validate

TAG_PRIME = 2**61 - 1
"""Default modulus of tags: a Mersenne prime."""

TagKey = tuple[int, int]
"""The secret (r, s) of one tag, each in [0, p); never to be used twice."""


def _prime(value: int) -> int:
    p = _validate.integer("prime", value, 257)
    if p == TAG_PRIME:
        return p
    if p > 2**32 or any(p % d == 0 for d in range(2, int(p**0.5) + 1)):
        raise _validate.fail("prime", "must be 2**61 - 1 or a prime of at most 2**32", value)
    return p


def _blocks(message: bytes, prime: int) -> list[int]:
    """The message in numbers below the prime, with its length last."""
    if not isinstance(message, bytes):
        raise _validate.fail("message", "must be bytes", message)
    if len(message) >= prime:  # its length would wrap around, and zeros share a tag with nothing
        raise _validate.fail("message", f"must be shorter than prime ({prime} bytes)", f"{len(message)} bytes")
    size = (prime.bit_length() - 1) // 8
    parts = [int.from_bytes(message[i : i + size], "big") for i in range(0, len(message), size)]
    return [*parts, len(message)]


def draw_tag_key(rng: np.random.Generator, *, prime: int = TAG_PRIME) -> TagKey:
    """A fresh secret (r, s), uniform in [0, p)². Real systems draw it from a source fit for secrets.

    Args:
        rng: source of randomness.
        prime: modulus p, 2**61 - 1 or a prime in [257, 2**32].
    """
    p = _prime(prime)
    r, s = (int(v) for v in _validate.generator("rng", rng).integers(p, size=2))
    return r, s


def one_time_tag(message: bytes, key: TagKey, *, prime: int = TAG_PRIME) -> int:
    """Tag m₁r + m₂r² + … + m_L r^L + s modulo p of a message in L blocks.

    Args:
        message: bytes to be authenticated, fewer than p.
        key: secret (r, s), used for this message only.
        prime: modulus p, 2**61 - 1 or a prime in [257, 2**32].

    >>> tag = one_time_tag(b"basis ZXXZ", (123, 456))
    >>> tag == one_time_tag(b"basis ZXXX", (123, 456))
    False
    """
    p = _prime(prime)
    parts = _validate.sequence("key", key)
    if len(parts) != 2:
        raise _validate.fail("key", "must be two numbers (r, s)", key)
    r, s = (_validate.integer("each number of key", part, 0, p - 1) for part in parts)
    value = 0
    for block in reversed(_blocks(message, p)):
        value = (value + block) * r % p
    return (value + s) % p


@dataclass(frozen=True)
class ManInTheMiddleResult:
    """What Alice and Bob see, and what is true.

    Attributes:
        alice_sample: bits that Alice compared with whom she takes for Bob.
        alice_errors: how many differed.
        bob_sample: the same on Bob's side.
        bob_errors: how many differed.
        key_bits: length of the shorter of the two keys.
        equal_bits: positions in which Alice's and Bob's keys agree.
        authenticated: whether tags were checked.
        tags_valid: whether all of them passed (True where none were checked).
    """

    alice_sample: int
    alice_errors: int
    bob_sample: int
    bob_errors: int
    key_bits: int
    equal_bits: int
    authenticated: bool
    tags_valid: bool

    @property
    def accepted(self) -> bool:
        """Whether Alice and Bob notice nothing: no error in their samples, and no false tag."""
        return self.alice_errors == 0 and self.bob_errors == 0 and self.tags_valid


def _exchange(
    pulses: int, rng: np.random.Generator, compared: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], int, int, bytes]:
    """BB84 over a perfect line: both keys after the comparison, sample, errors, and the announced bases."""
    bits, sender, receiver = (rng.random(pulses) < 0.5 for _ in range(3))
    measured = np.where(sender == receiver, bits, rng.random(pulses) < 0.5)
    kept = sender == receiver
    sent, got = bits[kept], measured[kept]
    sample = min(compared, len(sent))
    errors = int(np.count_nonzero(sent[:sample] != got[:sample]))
    return sent[sample:], got[sample:], sample, errors, np.packbits(receiver).tobytes()


def simulate_man_in_the_middle(
    pulses: int,
    rng: np.random.Generator,
    *,
    compared_bits: int = 100,
    authenticated: bool = False,
    prime: int = TAG_PRIME,
) -> ManInTheMiddleResult:
    """Eve runs BB84 as Bob with Alice, and again as Alice with Bob; each sees a perfect line.

    With authentication Bob tags the list of his bases by a secret shared beforehand. Eve must tell
    Alice her own list instead, knows no secret, and guesses a tag.

    Args:
        pulses: qubits sent in either run, 1 to 4,000,000.
        rng: source of randomness.
        compared_bits: bits compared for errors in either run.
        authenticated: whether tags are checked.
        prime: modulus of the tags.

    >>> run = simulate_man_in_the_middle(2000, np.random.default_rng(7))
    >>> run.accepted, 0.4 < run.equal_bits / run.key_bits < 0.6
    (True, True)
    >>> simulate_man_in_the_middle(2000, np.random.default_rng(7), authenticated=True).accepted
    False
    """
    n = _validate.count("pulses", pulses, 1, 4_000_000)
    _validate.generator("rng", rng)
    compared = _validate.integer("compared_bits", compared_bits, 0)
    alice_key, _, alice_sample, alice_errors, eves_bases = _exchange(n, rng, compared)
    _, bob_key, bob_sample, bob_errors, _ = _exchange(n, rng, compared)
    valid = True
    if authenticated:
        secret = draw_tag_key(rng, prime=prime)
        valid = int(rng.integers(_prime(prime))) == one_time_tag(eves_bases, secret, prime=prime)
    length = min(len(alice_key), len(bob_key))
    equal = int(np.count_nonzero(alice_key[:length] == bob_key[:length]))
    return ManInTheMiddleResult(
        alice_sample, alice_errors, bob_sample, bob_errors, length, equal, bool(authenticated), valid
    )
