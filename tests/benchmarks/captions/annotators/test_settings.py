import pytest

from benchmarks.captions.annotators.settings import EndpointSettings, read_endpoints
from benchmarks.common.errors import InputError

KEY = "sk-live-1234567890-secret"

FILE = """\
annotators:
  - name: gpt-4o
    url: https://api.openai.com/v1
    model: gpt-4o
    key_env: OPENAI_API_KEY
    input_price: 2.5
    output_price: 10
  - {name: qwen, url: "http://127.0.0.1:8000/v1", model: Qwen/Qwen2.5-VL-7B-Instruct, json_mode: false, concurrency: 16}
composer: {name: deepseek, url: "https://api.deepseek.com", model: deepseek-chat, key_env: DEEPSEEK_API_KEY}
"""


def write(tmp_path, text):
    path = tmp_path / "endpoints.yaml"
    path.write_text(text)
    return path


def settings(**changes):
    return EndpointSettings(**{"name": "a", "url": "http://127.0.0.1:8000/v1", "model": "m", **changes})


def test_a_file_of_several_annotators_and_a_composer(tmp_path):
    file = read_endpoints(write(tmp_path, FILE))
    assert [one.name for one in file.annotators] == ["gpt-4o", "qwen"]
    assert file.annotators[0].key_env == "OPENAI_API_KEY" and file.annotators[1].key_env is None
    assert file.composer.model == "deepseek-chat"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("annotators: [", r"not YAML \(line 1\)"),
        ("- 1", "expected a list 'annotators' of name, url and model"),
        ("annotators: []", "annotators: "),
        ("annotators: [{name: a, url: 'http://h/v1'}]", r"the key 'annotators\.0\.model' is missing"),
        ("annotators: [{name: a, url: 'http://h/v1', model: m, modle: x}]", r"did you mean 'annotators\.0\.model'"),
        ("annotators: [{name: a b, url: 'http://h/v1', model: m}]", "annotators.0.name"),
        ("annotators: [{name: a, url: h/v1, model: m}]", "url must be an http or https address"),
        ("annotators: [{name: a, url: 'http://h/v1', model: m, body: {stream: true}}]", "body must not hold 'stream'"),
        ("annotators: [{name: a, url: 'http://h/v1', model: m, temperature: 3}]", "temperature"),
        (
            "annotators: [{name: a, url: 'http://h', model: m}, {name: a, url: 'http://h', model: n}]",
            "two annotators are named 'a'",
        ),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path, text, message):
    with pytest.raises(InputError, match=message) as error:
        read_endpoints(write(tmp_path, text))
    assert "\n" not in str(error.value)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(InputError, match="no such file; expected YAML with a list 'annotators'"):
        read_endpoints(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    "line",
    [
        f"key_env: {KEY}",
        "key_env: gsk_1234567890_secret",
        f"api_key: {KEY}",
        f"url: 'https://user:{KEY}@h/v1'",
        f"url: 'https://h/v1?key={KEY}'",
        f"url: 'https://h:{KEY}/v1'",
        f"{KEY}: 1",
        f"name: {{a: {KEY}}}",
        f"input_price: {KEY}",
        f"body: {KEY}",
    ],
)
def test_a_key_in_the_file_is_refused_and_not_shown(tmp_path, line):
    text = (
        "annotators:\n  - name: a\n    model: m\n    "
        + line
        + "\n"
        + ("" if line.startswith("url") else "    url: http://h/v1\n")
    )
    with pytest.raises(InputError) as error:
        read_endpoints(write(tmp_path, text))
    assert KEY not in str(error.value) and "1234567890" not in str(error.value)


def test_the_version_follows_what_decides_about_answers_and_nothing_else():
    version = settings().version("1")
    assert version.startswith("m@") and "127" not in version
    same = [{"url": "https://elsewhere:1/v1"}, {"timeout": 1.0}, {"concurrency": 9}, {"input_price": 3}, {"key_env": "KEY"}]
    assert {settings(**changes).version("1") for changes in same} == {version}
    other = [{"url": "http://h/v2"}, {"model": "n"}, {"temperature": None}, {"max_tokens": 9}, {"body": {"top_p": 1}}]
    others = {settings(**changes).version("1") for changes in [*other, {"name": "b"}, {"json_mode": False}]}
    assert len(others | {version, settings().version("2")}) == 9


def test_tokens_are_priced_by_the_million():
    usage = settings(input_price=2.5, output_price=10).usage(1000, 200)
    assert (usage.input_tokens, usage.output_tokens, usage.requests) == (1000, 200, 1)
    assert usage.cost == pytest.approx(1000 * 2.5e-6 + 200 * 10e-6)


@pytest.mark.parametrize("text", [f"annotators: {KEY}", f"annotators: [{KEY}]", f"{KEY}: 1", f"annotators: {{{KEY}: 1}}"])
def test_a_key_in_the_place_of_settings_is_not_shown(tmp_path, text):
    with pytest.raises(InputError) as error:
        read_endpoints(write(tmp_path, text))
    assert KEY not in str(error.value)


@pytest.mark.parametrize("port", ["0", "70000", "x"])
def test_a_port_that_is_none_is_told(port):
    with pytest.raises(ValueError, match="url must be an http or https address"):
        settings(url=f"http://h:{port}/v1")
