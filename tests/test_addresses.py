"""The address of an endpoint in a YAML: what cannot be one is told before anything runs, and no password in it is shown."""

import pytest

from data_gen.cli import ConfigError
from data_gen.config import Endpoint
from data_gen.yaml_schema import parse


@pytest.mark.parametrize(
    "url",
    ["http://", "http:///v1", "http://:80/v1", "http://[::1", "http://host:99999/v1", "http://host:x/v1", "http://a b/v1"],
)
def test_what_is_no_address_is_refused_in_one_line(url):
    with pytest.raises(ConfigError, match="an address like"):
        parse({"base_url": url}, Endpoint, "data.yaml")


@pytest.mark.parametrize("url", ["https://me:pa55word@host/v1", "http://pa55word@[::1/v1"])
def test_a_password_in_an_address_is_refused_and_not_shown(url):
    with pytest.raises(ConfigError, match="without user and password") as told:
        parse({"base_url": url}, Endpoint, "data.yaml")
    assert "pa55word" not in str(told.value)


@pytest.mark.parametrize(
    "url", ["local", "http://127.0.0.1:8000/v1", "http://[::1]:8000/v1", "https://host/v1/accounts/@me", "https://host/v1/"]
)
def test_addresses_are_taken(url):
    assert parse({"base_url": url}, Endpoint, "data.yaml").base_url == url.rstrip("/")
