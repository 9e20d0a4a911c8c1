import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import pandera.polars as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from connectors import images as module
from connectors.files import Files
from connectors.images import COIL_100, Images
from connectors.reader import together
from dq.errors import ConfigError, DecodeError
from dq.feed import Feed
from dq.landing import LandingStore
from dq.ledger import LedgerEntry
from dq.raw import decode_all
from dq.run import Run
from dq.settings import Settings
from dq.source import Surroundings
from dq.stage.collect import collect
from dq.stage.refine import refine
from tests.connectors.conftest import NOW
from tests.connectors.test_unpack import PACKERS, zipped


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), mode: str = "RGB") -> bytes:
    """A picture of noise, so that it doesn't compress away and a cut tells."""
    out = io.BytesIO()
    Image.effect_noise(size, 90).convert(mode).save(out, kind)
    return out.getvalue()


PNG, JPEG = picture(), picture("JPEG", (64, 48))


def test_an_image_folder_comes_in_with_folders_as_labels(
    tmp_path: Path, around: Callable[..., Surroundings], store: LandingStore
) -> None:
    """ImageNet's layout: bytes as they are with width, height, format and hash; broken ones in quarantine."""
    for name, content in {
        "train/cat/1.png": PNG,
        "train/dog/2.JPEG": JPEG,
        "train/dog/3.JPEG": JPEG[: len(JPEG) // 2],
        "train/dog/4.png": b"<html>not found</html>",
    }.items():
        path = tmp_path / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    source = Files("demo__pictures", "train/*/*", Images())
    batch = decode_all(source, source.fetch({}, around(source)).current, store)
    assert batch.rows.drop("_landing_id", "_row").rows() == [
        (
            "train/cat/1.png",
            PNG,
            "PNG",
            "40",
            "30",
            "RGB",
            str(len(PNG)),
            hashlib.sha256(PNG).hexdigest(),
            "cat",
        ),
        (
            "train/dog/2.JPEG",
            JPEG,
            "JPEG",
            "64",
            "48",
            "RGB",
            str(len(JPEG)),
            hashlib.sha256(JPEG).hexdigest(),
            "dog",
        ),
    ]
    assert batch.rejects["text"].to_list() == ["train/dog/3.JPEG", "train/dog/4.png"]
    rules = {reason["rule"] for reasons in batch.rejects["_reasons"] for reason in reasons}
    assert rules == {"image:unreadable"}
    assert "truncated" in batch.rejects["_reasons"][0][0]["value"]


class Picture(pa.DataFrameModel):
    path: str
    image: bytes = pa.Field()
    width: int = pa.Field(ge=35)
    label: str

    class Config:
        name = "core.demo__pictures"


def test_pictures_go_to_core_as_bytes(tmp_path: Path) -> None:
    """Through raw, contract and lake the bytes stay what they were; a picture that breaks a rule is in quarantine."""
    folder = tmp_path / "files"
    folder.mkdir()
    small = picture(size=(20, 20))
    (folder / "set.zip").write_bytes(zipped({"cat/1.png": PNG, "cat/2.png": small, "dog/3.png": PNG[:90]}))
    feed = Feed(Files("demo__pictures", "*.zip", Images()), Picture)
    environment = {"DQ_HOME": str(tmp_path / "home"), "DQ_FILES": str(folder)}
    run = Run("r1", Settings.of(environment, tmp_path), "v1", lambda: NOW)
    assert collect(feed, run).ledger == LedgerEntry("raw.demo__pictures", 3, accepted=2, quarantined=1)
    assert refine(feed, run).ledger == LedgerEntry("core.demo__pictures", 2, accepted=1, quarantined=1)
    assert run.warehouse.read(feed.core).select("image", "width", "label").collect().rows() == [
        (PNG, 40, "cat")
    ]
    assert run.warehouse.read("quarantine.core__demo__pictures").collect()["image"].to_list() == [small]


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_an_archive_of_images_is_one_landing(kind: str) -> None:
    """A class of ImageNet is a tar of 1,300 pictures: one landing, a row each."""
    body = PACKERS[kind]({"n01/b.png": PNG, "n01/a.jpg": JPEG, "n01/c.png": PNG[:100], "README": b"hello"})
    decoded = Images(members=("*.png", "*.jpg")).read(body, "file:train.tar")
    assert decoded.rows.select("path", "label", "_row").rows() == [
        ("n01/a.jpg", "n01", 1),
        ("n01/b.png", "n01", 2),
    ]
    assert decoded.rejects.select("_row", "text", "rule").rows() == [(3, "n01/c.png", "image:unreadable")]
    assert decoded.records == 3


def test_coil_100_tells_object_and_angle() -> None:
    """In the published names; a file of another name is refused, not guessed at."""
    body = zipped(
        {"coil-100/obj7__45.png": PNG, "coil-100/convertGroupppm2png.pl": b"#!", "coil-100/x.png": PNG}
    )
    decoded = Images(path=COIL_100).read(body, "x")
    assert decoded.rows.select("path", "label", "angle").rows() == [("coil-100/obj7__45.png", "7", "45")]
    assert decoded.rejects["rule"].to_list() == ["image:path", "image:path"]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"])
def test_every_format_that_is_promised(kind: str) -> None:
    """As Pillow writes it."""
    assert Images(None).read(picture(kind), "x").rows["format"].to_list() == [kind]


@settings(max_examples=40)
@given(st.sampled_from([PNG, JPEG]), st.data())
def test_no_damage_goes_unseen_or_breaks_the_reader(whole: bytes, data: st.DataObject) -> None:
    """Cut anywhere in its pixels, it is refused with a reason; any bytes at all are a row or a reject."""
    cut = whole[: data.draw(st.integers(0, len(whole) - 60))]
    assert Images(None).read(cut, "x").rejects["rule"].to_list() == ["image:unreadable"]
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + data.draw(st.binary(min_size=1, max_size=4)) + whole[at + 1 :]
    decoded = Images(None).read(changed, "x")
    assert decoded.rows.height + decoded.rejects.height == decoded.records == 1


def test_an_image_that_is_too_large_is_never_decoded() -> None:
    """A head that promises many pixels is refused by its head."""
    head = picture(size=(300, 200))
    decoded = Images(None, max_pixels=50_000).read(head, "x")
    assert decoded.rejects["rule"].to_list() == ["image:too_large"]
    huge = head[:16] + (60_000).to_bytes(4, "big") * 2 + head[24:]
    assert Images(None).read(huge, "x").rejects.height == 1


def test_a_bomb_of_images_is_refused() -> None:
    """The cap is for what an archive grows to."""
    with pytest.raises(DecodeError, match="grows beyond"):
        Images(max_unpacked=100_000).read(zipped({"a/x.bmp": bytes(2_000_000)}), "x")


def test_a_pattern_that_cannot_work_is_told_at_once() -> None:
    """A bad expression, or a group with the name of a column."""
    with pytest.raises(ConfigError, match="pattern"):
        Images(path="(")
    with pytest.raises(ConfigError, match="width"):
        Images(path="(?P<width>x)")


def test_images_come_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some at a time, numbered through, broken ones among them: together the whole."""
    path = tmp_path / "x.zip"
    path.write_bytes(zipped({f"cat/{n}.png": PNG if n % 3 else PNG[:50] for n in range(10)}))
    whole = Images().read(path.read_bytes(), "f")
    monkeypatch.setattr(module, "_PART", 2 * len(PNG))
    parts = list(Images().read_parts(path, "f"))
    assert len(parts) > 2
    found = together(parts)
    assert found.rows.equals(whole.rows)
    assert found.rejects.equals(whole.rejects)
    assert found.records == whole.records == 10
