"""Each adapter under the library that it is for; where that is not installed, the test says so and is skipped."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from dq.errors import ConfigError, DecodeError, IntegrityError
from dq.release import Release, build_release
from dq.release.gate import Gate
from dq.training import Loader
from tests.dq.training.releases import release

ROWS = 640
WHY = "{} is not installed; the loader itself needs none"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Points of a plane; the label says on which side of a line, in x and y, they lie."""
    random = np.random.default_rng(0)
    x, count = random.normal(size=ROWS).astype(np.float32), random.integers(-3, 4, ROWS)
    frame = pl.DataFrame({"id": np.arange(ROWS), "x": x, "count": count, "label": x + count > 0})
    return release(
        Path(tmp_path_factory.mktemp("plane")), frame.with_columns(split=pl.lit("train")), block_limit=32
    )


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Texts with a word that tells the label."""
    said = ["good" if number % 3 else "bad" for number in range(ROWS)]
    frame = pl.DataFrame(
        {"id": np.arange(ROWS), "text": [f"a {word} day, no. {i}" for i, word in enumerate(said)]}
    ).with_columns(label=pl.Series(said) == "good", split=pl.lit("train"))
    return release(Path(tmp_path_factory.mktemp("texts")), frame)


def plane(made: Release, **more: Any) -> Loader:
    return Loader(made, "train", 64, matrix=True, lanes=2, window=2, **more)


def labels(batches: Any, name: str = "label") -> list[bool]:
    return [bool(one) for batch in batches for one in batch[name]]


def test_scikit_learn_fits_whole_arrays(made: Release) -> None:
    """X and y of a pass, in the loader's order, and a regression that learns from them."""
    linear = pytest.importorskip("sklearn.linear_model", reason=WHY.format("scikit-learn"))
    from dq.training.sklearn import arrays

    x, y = arrays(plane(made))
    assert x.shape == (ROWS, 2)
    assert y.tolist() == labels(plane(made))
    assert linear.LogisticRegression().fit(x, y).score(x, y) > 0.95


def test_scikit_learn_learns_batch_by_batch_and_resumes(made: Release) -> None:
    """`partial_fit` broken off in its second epoch and taken up from the state: the coefficients are the same."""
    linear = pytest.importorskip("sklearn.linear_model", reason=WHY.format("scikit-learn"))
    from dq.training.sklearn import learn

    whole, broken = (linear.SGDClassifier(random_state=0, shuffle=False) for _ in range(2))
    assert sum(learn(whole, plane(made), classes=[False, True], epochs=3)) == 3 * ROWS
    loader = plane(made)
    steps = learn(broken, loader, classes=[False, True], epochs=3)
    for _ in range(14):
        next(steps)
    state = loader.state_dict()
    steps.close()
    resumed = plane(made)
    resumed.load_state_dict(state)
    assert sum(learn(broken, resumed, epochs=2)) == 3 * ROWS - 14 * 64
    assert np.array_equal(whole.coef_, broken.coef_)


def test_scikit_learn_reads_text_through_a_vectorizer(texts: Release) -> None:
    """A transform hashes words in each batch; columns of several types are refused with what to do."""
    linear = pytest.importorskip("sklearn.linear_model", reason=WHY.format("scikit-learn"))
    from sklearn.feature_extraction.text import HashingVectorizer

    from dq.training.sklearn import arrays, learn

    hashed = HashingVectorizer(n_features=2**12)

    def vectors(batch: dict[str, Any]) -> dict[str, Any]:
        return {"words": hashed.transform(batch["text"]), "label": batch["label"]}

    model = linear.SGDClassifier(random_state=0)
    for _ in learn(model, Loader(texts, "train", 64), classes=[False, True], transform=vectors, epochs=2):
        pass
    text, truly = arrays(Loader(texts, "train", 500))
    assert model.score(hashed.transform(text), truly) > 0.95
    with pytest.raises(ConfigError, match="matrix=True"):
        arrays(Loader(texts, "train", 64, columns=["id", "text", "label"]))
    with pytest.raises(ConfigError, match="reads no label"):
        arrays(Loader(texts, "train", 64, columns=["text"]))


def test_keras_fits_epoch_by_epoch_in_the_loaders_order(made: Release) -> None:
    """Steps in turn and out of turn are the loader's; after `fit` of two epochs it stands in the third."""
    keras = pytest.importorskip("keras", reason=WHY.format("keras"))
    from dq.training.keras import KerasDataset

    batches = KerasDataset(plane(made))
    assert [batches[step][1].tolist() for step in (0, 1, 5, 2)] == [
        plane(made).batch(step)["label"].tolist() for step in (0, 1, 5, 2)
    ]
    batches.on_epoch_end()
    assert batches[0][1].tolist() == plane(made).batch(0)["label"].tolist()
    model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer=keras.optimizers.Adam(0.1), loss="binary_crossentropy", metrics=["accuracy"])
    loader = plane(made)
    told = model.fit(KerasDataset(loader), epochs=4, shuffle=False, verbose=0)
    assert told.history["accuracy"][-1] > 0.9
    assert loader.epoch == 4


def test_keras_has_an_error_again_where_it_asks_again(tmp_path: Path) -> None:
    """A changed byte: every step that is asked for says so, and none ends the epoch."""
    pytest.importorskip("keras", reason=WHY.format("keras"))
    from dq.training.keras import KerasDataset

    x = np.arange(200, dtype=np.float32)
    frame = pl.DataFrame({"id": np.arange(200), "x": x, "label": x > 99}).with_columns(split=pl.lit("train"))
    broken = release(tmp_path, frame)
    path = broken.path / "data" / "train-00000.parquet"
    body = bytearray(path.read_bytes())
    body[10] ^= 1
    path.write_bytes(body)
    batches = KerasDataset(Loader(broken, "train", 64, matrix=True))
    for step in (0, 0, 1):
        with pytest.raises(IntegrityError, match="not what was published"):
            batches[step]


def test_hugging_face_reads_rows_in_the_loaders_order(texts: Release) -> None:
    """An `IterableDataset` of plain rows, that maps and batches as any does."""
    pytest.importorskip("datasets", reason=WHY.format("datasets"))
    from dq.training.huggingface import iterable_dataset

    loader = Loader(texts, "train", 64)
    found = list(iterable_dataset(loader).map(lambda row: {"long": len(row["text"])}))
    assert [row["label"] for row in found] == labels(Loader(texts, "train", 64))
    assert all(row["long"] == len(row["text"]) for row in found)


def test_hugging_faces_trainer_resumes_exactly(made: Release, tmp_path: Path) -> None:
    """Broken off after 7 of 20 steps, at a checkpoint, and resumed: the weights are the undisturbed run's."""
    torch = pytest.importorskip("torch", reason=WHY.format("torch"))
    transformers = pytest.importorskip("transformers", reason=WHY.format("transformers"))
    pytest.importorskip("accelerate", reason=WHY.format("accelerate"))
    from dq.training.hf_trainer import LoaderTrainer
    from dq.training.torch import TorchLoader

    class Line(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.line = torch.nn.Linear(2, 1)
            torch.nn.init.zeros_(self.line.weight)
            torch.nn.init.zeros_(self.line.bias)

        def forward(self, features: Any, label: Any) -> dict[str, Any]:
            said = self.line(features)[:, 0]
            return {"loss": torch.nn.functional.binary_cross_entropy_with_logits(said, label.float())}

    def trainer(folder: str, steps: int) -> Any:
        arguments = transformers.TrainingArguments(
            output_dir=str(tmp_path / folder),
            max_steps=steps,
            save_steps=7,
            learning_rate=0.1,
            lr_scheduler_type="constant",
            report_to=[],
            use_cpu=True,
            ignore_data_skip=True,
            disable_tqdm=True,
        )
        return LoaderTrainer(model=Line(), args=arguments, batches=TorchLoader(plane(made)))

    whole = trainer("whole", 20)
    assert len(whole.get_train_dataloader()) == 10
    whole.train()
    assert whole.callback_handler.callbacks[-1].on_save is not None
    trainer("broken", 7).train()
    resumed = trainer("broken", 20)
    checkpoint = str(tmp_path / "broken" / "checkpoint-7")
    resumed.resume(checkpoint)
    resumed.train(resume_from_checkpoint=checkpoint)
    assert resumed.state.global_step == 20
    assert torch.equal(whole.model.line.weight, resumed.model.line.weight)


def test_tensorflow_reads_tensors_in_the_loaders_order(texts: Release) -> None:
    """A `tf.data.Dataset`, one epoch a pass, with text as string tensors."""
    tf = pytest.importorskip("tensorflow", reason=WHY.format("tensorflow"))
    from dq.training.tensorflow import dataset

    made = dataset(Loader(texts, "train", 64)).prefetch(tf.data.AUTOTUNE)
    plain = Loader(texts, "train", 64)
    for _ in range(2):
        for there, here in zip(made, plain, strict=True):
            assert there["label"].numpy().tolist() == here["label"].tolist()
            assert [text.decode() for text in there["text"].numpy()] == here["text"].tolist()


@pytest.mark.parametrize("workers", [0, 2])
def test_pictures_are_decoded_from_the_bytes_of_a_release(tmp_path: Path, workers: int) -> None:
    """PNG bytes go in; the loader gives each picture back as pixels, in workers too, a null as black."""
    torch = pytest.importorskip("torch", reason=WHY.format("torch"))
    from PIL import Image

    from dq.training.images import DecodeImages
    from dq.training.torch import TorchLoader

    def png(shade: int) -> bytes:
        out = io.BytesIO()
        Image.new("RGB", (9, 7), (shade, 0, 255 - shade)).save(out, "PNG")
        return out.getvalue()

    frame = pl.DataFrame(
        {"id": range(40), "photo": [None if number == 3 else png(number) for number in range(40)]},
        schema_overrides={"photo": pl.Binary},
    ).with_columns(label=pl.col("id") % 2 == 0, split=pl.lit("train"))
    from datetime import UTC, datetime

    made = build_release(
        frame,
        dataset="photos",
        root=tmp_path,
        key="id",
        features=["photo"],
        label="label",
        sources=[],
        gate=Gate(),
        code_version="test",
        now=datetime(2026, 1, 1, tzinfo=UTC),
    )
    loader = Loader(made, "train", 16, columns=["id", "photo"])
    found = {}
    for batch in TorchLoader(loader, num_workers=workers, transform=DecodeImages("photo", (6, 4))):
        assert batch["photo"].shape[1:] == (4, 6, 3)
        assert batch["photo"].dtype == torch.uint8
        found |= dict(zip(batch["id"].tolist(), batch["photo"], strict=True))
    assert set(found) == set(range(40))
    for number, picture in found.items():
        expected = (0, 0, 0) if number == 3 else (number, 0, 255 - number)
        assert (picture == torch.tensor(expected, dtype=torch.uint8)).all()
    with pytest.raises(DecodeError, match="no picture"):
        DecodeImages("photo", (6, 4))({"photo": [b"not a picture"]})
