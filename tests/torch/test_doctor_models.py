"""The doctor on modules of PyTorch: their last layer, their inputs and outputs."""

from __future__ import annotations

import functools
import types

import numpy as np
import pandas
import pytest
import torch
import torch.nn.functional as F
import transformers

import crossent as ce
from meta.source import run_python

BINARY = torch.nn.BCEWithLogitsLoss()


class OwnHead(torch.nn.Module):
    """Ends in a softmax that no module shows."""

    def __init__(self, function=None) -> None:
        super().__init__()
        self.layer, self.function = torch.nn.Linear(4, 3), function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.layer(x)
        return x if self.function is None else self.function(x, dim=-1)


INPUT = torch.randn(40, 4, generator=torch.Generator().manual_seed(1))
LABELS = np.arange(40) % 3
SOFT = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Softmax(-1))


@pytest.mark.parametrize(
    ("model", "loss", "code"),
    [
        (torch.nn.Linear(4, 3), torch.nn.CrossEntropyLoss(), None),
        (OwnHead(), torch.nn.CrossEntropyLoss(), None),
        (OwnHead(F.log_softmax), torch.nn.NLLLoss(), None),
        (SOFT, torch.nn.CrossEntropyLoss(), "CE105"),
        (OwnHead(F.softmax), torch.nn.CrossEntropyLoss(), "CE105"),
        (OwnHead(F.softmax), torch.nn.NLLLoss(), "CE306"),
        (torch.nn.Linear(4, 3), torch.nn.NLLLoss(), "CE306"),
        (torch.nn.Linear(4, 2), torch.nn.CrossEntropyLoss(), "CE101"),
        (torch.nn.Linear(4, 1), torch.nn.CrossEntropyLoss(), "CE302"),
    ],
)
def test_modules(model: torch.nn.Module, loss: torch.nn.Module, code: str | None) -> None:
    model.train()
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    report = ce.diagnose(LABELS, model=model, x=INPUT, loss=loss)
    grave = [finding.code for finding in report.findings if finding.severity != "note"]
    assert grave == ([] if code is None else [code])
    assert model.training
    assert not model._forward_hooks
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())


def test_a_module_without_input_is_read() -> None:
    report = ce.diagnose(model=SOFT, loss=torch.nn.CrossEntropyLoss())
    assert report.codes == ["CE105"]
    assert ce.diagnose(LABELS + 1, model=torch.nn.Linear(4, 3), loss="sparse").codes == ["CE104"]


@pytest.mark.parametrize("shape", [(200,), (200, 1), (200, 5)])
def test_the_outputs_of_a_binary_loss_are_no_classes(shape: tuple[int, ...]) -> None:
    y = (np.arange(np.prod(shape)) % 2).reshape(shape).astype(np.float32)
    model = torch.nn.Linear(8, 5 if shape[-1] == 5 else 1)
    assert ce.diagnose(y, model=model, loss=BINARY).codes == []
    assert shape[-1] == 5 or ce.diagnose(y, model=model).codes == []


def test_classes_move_to_the_one_axis_where_pytorch_has_them() -> None:
    y, logits = torch.arange(14).reshape(2, 7) % 5, torch.zeros(2, 7, 5)
    finding = ce.diagnose(y, logits, loss=torch.nn.CrossEntropyLoss()).findings[0]
    assert (finding.code, finding.fix) == (
        "CE110",
        "Move the classes to axis 1: y_pred.movedim(2, 1).",
    )
    assert torch.nn.CrossEntropyLoss()(logits.movedim(2, 1), y) > 0


PEAK = """
import torch
import torch.nn.functional as F
import transformers
from crossent.doctor.footprint import footprint

def peak():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024

def step(rows, classes):
    x = torch.zeros(rows, classes, requires_grad=True)
    F.cross_entropy(x, torch.zeros(rows, dtype=torch.long)).backward()

step(10, 10)
before = peak()
step(20_000, 2_000)
print((peak() - before) / footprint(20_000, 2_000).whole)
"""


def test_the_forecast_of_memory_is_what_a_step_takes() -> None:
    done = run_python("-c", PEAK, warnings="default")
    assert done.returncode == 0, done.stderr
    # The allocator keeps a little more; the measure is in pages.
    assert 0.95 <= float(done.stdout) <= 1.1


class Tokens(torch.nn.Module):
    """A language model as those of transformers: named inputs, an object with logits."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.head = torch.nn.Embedding(20, 8), torch.nn.Linear(8, 20)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor):
        logits = self.head(self.embed(input_ids) * attention_mask[..., None])
        return types.SimpleNamespace(logits=logits)


def test_a_model_with_named_inputs() -> None:
    ids = torch.randint(20, (40, 12), generator=torch.Generator().manual_seed(2))
    x = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    given = {"model": Tokens(), "x": x, "loss": "ForCausalLMLoss", "input_ids": ids[:32]}
    assert ce.diagnose(ids, **given).healthy
    moved = torch.roll(ids, -1, 1)
    assert ce.diagnose(moved, **given).codes == ["CE208"]


class Gives(torch.nn.Module):
    """Gives what a function makes of the logits and the input."""

    def __init__(self, function) -> None:
        super().__init__()
        self.layer, self.function = torch.nn.Linear(4, 3), function

    def forward(self, x: torch.Tensor):
        return self.function(self.layer(x), x)


@pytest.mark.parametrize(
    "outputs",
    [
        lambda logits, _: {"logits": logits, "hidden": logits},
        lambda logits, _: (logits,),
        lambda logits, _: {"out": {"logits": logits, "hidden": logits}},
        lambda logits, _: types.SimpleNamespace(logits=logits),
    ],
)
def test_the_logits_in_an_output_are_found(outputs) -> None:
    report = ce.diagnose(LABELS + 1, model=Gives(outputs), x=INPUT, loss="sparse")
    assert report.codes == ["CE104"]
    assert "predictions (32, 3)" in report.looked_at


@pytest.mark.parametrize(
    "outputs", [lambda logits, x: (logits, x), lambda logits, x: {"a": logits, "b": x}]
)
def test_several_outputs_must_be_chosen_from(outputs) -> None:
    with pytest.raises(ce.OptionError, match=r"it gave 2: .*\(32, 3\), .*\(32, 4\)"):
        ce.diagnose(LABELS, model=Gives(outputs), x=INPUT)


def test_of_a_loader_a_batch_is_asked_for() -> None:
    data = torch.utils.data.TensorDataset(INPUT, torch.as_tensor(LABELS))
    loader = torch.utils.data.DataLoader(data, batch_size=8)
    for given in (loader, data):  # a slice of such a dataset is a pair, and no rows
        kind = type(given).__name__
        with pytest.raises(ce.OptionError, match=rf"`x` .* got {kind}.*next\(iter\(loader\)\)"):
            ce.diagnose(LABELS, model=torch.nn.Linear(4, 3), x=given)


@pytest.mark.parametrize("outputs", [None, (), {}])
def test_a_model_that_gives_nothing_is_told(outputs: object) -> None:
    with pytest.raises(ce.OptionError, match="it gave none"):
        ce.diagnose(LABELS, model=Gives(lambda *_: outputs), x=INPUT)


def test_input_that_has_no_rows_to_take_is_named() -> None:
    with pytest.raises(ce.OptionError, match=r"`x` must be an array.*Tensor"):
        ce.diagnose(LABELS, model=torch.nn.Linear(4, 3), x=INPUT.to_sparse())


@pytest.mark.filterwarnings("error")
def test_a_table_of_pandas_is_input() -> None:
    table = pandas.DataFrame(INPUT.numpy())
    assert ce.diagnose(LABELS, model=torch.nn.Linear(4, 3), x=table, loss="sparse").healthy
    with pytest.raises(ce.OptionError, match=r"cannot be run.*\(32, 3\) DataFrame.*mat1 and mat2"):
        ce.diagnose(LABELS, model=torch.nn.Linear(4, 3), x=table[[0, 1, 2]])


@pytest.mark.parametrize("form", [dict, lambda **named: named["input_ids"]])
def test_models_of_transformers(form) -> None:
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.BertConfig(intermediate_size=16, vocab_size=50, num_labels=3, **sizes)
    ids = torch.arange(280).reshape(40, 7) % 50
    x = form(input_ids=ids, attention_mask=torch.ones_like(ids))
    classifier = transformers.BertForSequenceClassification(config)
    assert ce.diagnose(LABELS, model=classifier, x=x, loss="sparse").healthy
    assert ce.diagnose(LABELS + 1, model=classifier, x=x, loss="sparse").codes == ["CE104"]
    with pytest.raises(ce.OptionError, match=r"\['last_hidden_state'\] \(32, 7, 16\)"):
        ce.diagnose(LABELS, model=transformers.BertModel(config), x=x)


def test_a_loss_for_numbers_is_named() -> None:
    with pytest.raises(ce.OptionError, match="a loss for numbers"):
        ce.diagnose(LABELS, INPUT, loss=torch.nn.MSELoss())
    given = {"model": torch.nn.Linear(4, 3), "x": INPUT, "loss": torch.nn.MSELoss()}
    (finding,) = ce.diagnose(LABELS, **given).findings
    assert (finding.code, finding.title) == ("CE109", "Class indices meet a loss for numbers")
    assert "torch.nn.modules.loss.MSELoss, compares each of 3 outputs" in finding.seen
    assert ce.diagnose(np.eye(3)[LABELS], **given).healthy  # the Brier score


@pytest.mark.parametrize("loss", ["mse", "cross_entropi", 5, None])
def test_a_word_that_is_no_loss_is_refused_with_a_model_too(loss: object) -> None:
    with pytest.raises(ce.OptionError, match=f"`loss` .* got {loss!r}"):
        ce.diagnose(LABELS, model=torch.nn.Linear(4, 3), x=INPUT, loss=loss)


def test_a_sigmoid_twice_is_called_that() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(4, 1), torch.nn.Sigmoid())
    labels = (LABELS > 0).astype(np.float32)[:, None]
    by_model = ce.diagnose(labels, model=model, x=INPUT, loss=BINARY)
    by_values = ce.diagnose(torch.arange(200.0) % 2, torch.rand(200), loss=BINARY)
    for report in (by_model, by_values):
        assert report.codes == ["CE105"]
        assert "a sigmoid twice" in report.findings[0].title
        assert "softmax" not in str(report)


@pytest.mark.parametrize("form", [list, tuple])
def test_a_module_of_several_inputs(form) -> None:
    class Sum(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(4, 3)

        def forward(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
            return self.layer(first + second)

    report = ce.diagnose(LABELS, model=Sum(), x=form([INPUT, INPUT]), loss="sparse")
    assert report.healthy
    assert "predictions (32, 3)" in report.looked_at
    rows = form(INPUT.tolist())
    assert ce.diagnose(LABELS, model=torch.nn.Linear(4, 3), x=rows, loss="sparse").healthy


def test_floats_of_numpy_are_taken_as_the_model_takes_them() -> None:
    x = INPUT.double().numpy()
    for model in (torch.nn.Linear(4, 3), torch.nn.Linear(4, 3).bfloat16()):
        assert ce.diagnose(LABELS, model=model, x=x, loss="sparse").healthy


def test_an_input_that_a_model_does_not_take_is_named() -> None:
    with pytest.raises(ce.OptionError, match=r"cannot be run.*\(32, 3\).*mat1 and mat2"):
        ce.diagnose(LABELS, model=torch.nn.Linear(4, 3), x=INPUT[:, :3])


def test_a_decoder_of_transformers_moves_the_labels() -> None:
    special = {"bos_token_id": 0, "eos_token_id": 1}
    config = transformers.GPT2Config(n_layer=1, n_head=2, n_embd=16, vocab_size=20, **special)
    ids = torch.randint(2, 20, (40, 12), generator=torch.Generator().manual_seed(3))
    given = {"model": transformers.GPT2LMHeadModel(config), "x": ids, "input_ids": ids[:32]}
    assert ce.diagnose(ids, **given).healthy
    assert ce.diagnose(torch.roll(ids, -1, 1), **given).codes == ["CE208"]


@pytest.mark.parametrize(
    "given",
    [
        {"model": torch.nn.Linear(4, 3), "x": INPUT},
        {"model": torch.nn.Linear(4, 3)},
        {"y_pred": np.zeros((40, 3), np.float32), "framework": "torch"},
        {"num_classes": 3, "framework": "torch"},
    ],
    ids=lambda given: ", ".join(given),
)
def test_pytorch_leaves_out_its_mark_without_a_named_loss(given: dict) -> None:
    y = np.where(LABELS == 1, -100, LABELS)
    report = ce.diagnose(y, **given)
    assert report.healthy
    assert report.codes == ["CE103"]


@pytest.mark.parametrize(
    ("loss", "ignored"),
    [
        (functools.partial(F.cross_entropy, ignore_index=255), 14),
        (functools.partial(ce.sparse_categorical_crossentropy, from_logits=True), 0),
        (torch.compile(torch.nn.CrossEntropyLoss(ignore_index=255), backend="eager"), 14),
        (" torch.nn.CrossEntropyLoss()", 0),
    ],
    ids=["partial", "own", "compiled", "called"],
)
def test_losses_are_known_by_what_they_wrap(loss: object, ignored: int) -> None:
    y = np.where(LABELS == 0, 255, LABELS) if ignored else LABELS
    report = ce.diagnose(y, torch.zeros(40, 3), loss=loss)
    assert report.healthy
    assert ("14 ignored" in report.looked_at) == bool(ignored)


@pytest.mark.parametrize(
    ("word", "like"), [("cross-entropy", "cross_entropy"), ("Sparse", "sparse"), ("bce", "bceloss")]
)
def test_a_name_that_is_like_a_loss_is_asked_for(word: str, like: str) -> None:
    with pytest.raises(ce.OptionError, match=f"Is '{like}' meant"):
        ce.diagnose(LABELS, torch.zeros(40, 3), loss=word)


@pytest.mark.parametrize("output", ["text", 3.0])
def test_a_model_that_gives_no_array_is_told(output: object) -> None:
    with pytest.raises(ce.OptionError, match=f"it gave {type(output).__name__}"):
        ce.diagnose(LABELS, model=Gives(lambda *_: output), x=INPUT)


@pytest.mark.parametrize("x", [None, INPUT], ids=["no input", "input"])
def test_a_sigmoid_before_a_softmax(x: torch.Tensor | None) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Sigmoid())
    report = ce.diagnose(LABELS, model=model, x=x, loss=torch.nn.CrossEntropyLoss())
    (finding,) = report.findings
    assert (finding.code, finding.title) == (
        "CE105",
        "Outputs of a sigmoid where logits are meant",
    )
    assert "cannot fall below 0.5514" in finding.seen


def test_several_marks_are_no_reason_for_more_outputs() -> None:
    y = np.where(LABELS == 0, 255, np.where(LABELS == 1, -1, LABELS))
    (finding,) = ce.diagnose(y, num_classes=3).findings
    assert finding.code == "CE101"
    assert "ignore_class=(-1, 255)" in finding.fix


class OwnForward(torch.nn.Sequential):
    """Ends in a softmax behind its last child."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.softmax(super().forward(x), dim=-1)


class Apart(torch.nn.Module):
    """A softmax written by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shares = self.layer(x).exp()
        return shares / shares.sum(-1, keepdim=True)


HIDDEN = [
    OwnForward(torch.nn.Linear(4, 3)),
    Apart(),
    OwnHead(torch.softmax),
    torch.nn.Sequential(torch.nn.Linear(4, 4), Apart()),
    torch.nn.Sequential(torch.nn.Identity(), OwnForward(torch.nn.Linear(4, 3))),
]


@pytest.mark.parametrize("model", HIDDEN)
def test_the_outputs_tell_of_a_softmax_that_no_module_shows(model: torch.nn.Module) -> None:
    shares = {"loss": "sparse", "from_logits": False}
    assert ce.diagnose(LABELS, model=model, x=INPUT, **shares).healthy
    # Without an input nothing is known of it, and nothing said.
    assert ce.diagnose(LABELS, model=model, **shares).healthy
    report = ce.diagnose(LABELS, model=model, x=INPUT, loss=torch.nn.CrossEntropyLoss())
    assert report.codes == ["CE105"]


def test_a_sigmoid_that_no_module_shows() -> None:
    def sigmoid(x: torch.Tensor, dim: int) -> torch.Tensor:
        return torch.sigmoid(4 * x)

    (finding,) = ce.diagnose(
        LABELS, model=OwnHead(sigmoid), x=INPUT, loss=torch.nn.CrossEntropyLoss()
    ).findings
    assert (finding.code, finding.severity) == ("CE105", "warning")
    assert "Remove the sigmoid" in finding.fix


@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.bool])
def test_integer_rows_of_targets(dtype: torch.dtype) -> None:
    rows = F.one_hot(torch.as_tensor(LABELS), 3)
    scores = INPUT[:, :3] + 3 * rows
    with pytest.raises(RuntimeError):
        F.cross_entropy(scores, rows.to(dtype))
    (finding,) = ce.diagnose(rows.to(dtype), scores, loss=torch.nn.CrossEntropyLoss()).findings
    assert finding.code == "CE111"
    for advised in (rows.float(), rows.argmax(1)):
        assert ce.diagnose(advised, scores, loss=torch.nn.CrossEntropyLoss()).healthy
        F.cross_entropy(scores, advised)
