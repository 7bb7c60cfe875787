"""Makes a KMS key whose key material was imported."""

from __future__ import annotations

import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key


def imported_key(kms: Any) -> str:
    """The ARN of a new key, whose material the caller made and imported; it does not expire."""
    arn = str(kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"])
    parameters = kms.get_parameters_for_import(
        KeyId=arn, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
    )
    wrapping_key = load_der_public_key(parameters["PublicKey"])
    if not isinstance(wrapping_key, rsa.RSAPublicKey):
        raise TypeError(f"KMS wraps with {type(wrapping_key)}, not with RSA")
    oaep = padding.OAEP(mgf=padding.MGF1(SHA256()), algorithm=SHA256(), label=None)
    kms.import_key_material(
        KeyId=arn,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=wrapping_key.encrypt(secrets.token_bytes(32), oaep),
        ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
    )
    return arn
