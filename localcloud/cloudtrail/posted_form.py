"""PostObject, the upload by a browser's form (A43), read as the equivalent write."""

from dataclasses import replace

from ministack.services import s3

from localcloud.request.calls import Call


def with_fields(call: Call) -> Call:
    """A PostObject with the key and headers from its form; any other call unchanged."""
    if call.operation != "PostObject":
        return call
    parts = s3._parse_multipart_form(call.headers.get("content-type", ""), call.body)
    file_name = next((name for field, name, _, _ in parts if field == "file" and name), "")
    fields = {
        field.lower(): value.decode(errors="replace") for field, _, _, value in parts if field != "file"
    }
    key = fields.pop("key", "").replace("${filename}", file_name)
    amazon = {name: value for name, value in fields.items() if name.startswith("x-amz-")}
    return replace(call, key=key, headers=call.headers | amazon, body=b"")
