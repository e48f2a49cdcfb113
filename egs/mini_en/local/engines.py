"""The speech synthesisers of the recipe, each a class with `speak(texts, rng) -> list[Spoken | None]`."""

from __future__ import annotations

import random
import re
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile as sf

from ctcalign.models.onnx_session import runtime

MISAKI = dict(
    zip(
        "AIOWYæɐɑɔəɛɜiɪuʊʌᵊᵻjɹɾTʤʧʃʒðθŋɡhbdfklmnpstvwz",
        (
            "ey ay ow aw oy ae ax aa ao ax eh er iy ih uw uh ah ax ih y r d d jh ch sh zh dh th ng g hh "
            "b d f k l m n p s t v w z"
        ).split(),
        strict=True,
    )
)
RADIO = {
    "axr": "er",
    "h#": "pau",
    "sil": "pau",
    "brth": "pau",
    "hv": "hh",
    "dx": "d",
    "el": "l",
    "en": "n",
    "em": "m",
    "nx": "n",
    "ix": "ih",
}


@dataclass
class Spoken:
    samples: np.ndarray
    rate: int
    speaker: str
    phones: list[tuple[str, float]] = field(default_factory=list)  # (phone, end in seconds of `samples`)
    warp: float = 1.0  # play the samples faster (> 1) or slower by this factor


def _phone(name: str) -> str:
    return RADIO.get(name, name)


class Flite:
    voices = ("rms", "slt", "awb", "kal16")

    def speak(self, texts: list[str], rng: random.Random) -> list[Spoken | None]:
        return [self._one(text, rng) for text in texts]

    def _one(self, text: str, rng: random.Random) -> Spoken | None:
        voice, warp = rng.choice(self.voices), rng.choice((1.0, rng.uniform(0.86, 1.18)))
        stretch = warp * rng.uniform(0.82, 1.2)
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            command = [
                "flite",
                "-voice",
                voice,
                "-psdur",
                "--setf",
                f"duration_stretch={stretch:.3f}",
                "-t",
                text.rstrip(" ,;:-.") + ".",
                "-o",
                file.name,
            ]
            out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            samples, rate = sf.read(file.name, dtype="float32")
        phones = [(_phone(p), float(end)) for p, end in re.findall(r"([a-z#]+):([\d.]+)", out)]
        return Spoken(samples, rate, f"flite-{voice}-{warp:.2f}", phones, warp)


class Espeak:
    accents = ("en-us", "en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-us-nyc")
    variants = (
        "m1 m2 m3 m4 m5 m6 m7 m8 f1 f2 f3 f4 f5 Andy Annie Denis Diogo Gene Hugo Iven Jacky Lee Linda Mario Max "
        "Michael Mr_Serious Pablo Paul Pedro Steph Storm Zac anika grandpa klatt klatt2 klatt3"
    ).split()

    def speak(self, texts: list[str], rng: random.Random) -> list[Spoken | None]:
        return [self._one(text, rng) for text in texts]

    def _one(self, text: str, rng: random.Random) -> Spoken | None:
        voice = f"{rng.choice(self.accents)}+{rng.choice(self.variants)}"
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            subprocess.run(
                [
                    "espeak-ng",
                    "-v",
                    voice,
                    "-s",
                    str(rng.randint(120, 190)),
                    "-p",
                    str(rng.randint(25, 75)),
                    "-w",
                    file.name,
                    text,
                ],
                capture_output=True,
                check=True,
            )
            samples, rate = sf.read(file.name, dtype="float32")
        return Spoken(samples, rate, f"espeak-{voice}", [], 1.0)


class Festival:
    voices = ("kal_diphone", "ked_diphone", "cmu_us_slt_arctic_hts")

    def speak(self, texts: list[str], rng: random.Random) -> list[Spoken | None]:
        """One festival process for the whole batch; None for a sentence that it cannot speak."""
        voice, warp = rng.choices(self.voices, (0.3, 0.3, 0.4))[0], rng.choice((1.0, rng.uniform(0.86, 1.18)))
        stretch = warp * rng.uniform(0.85, 1.2)
        with tempfile.TemporaryDirectory() as folder:
            script = [f"(voice_{voice})", f"(Parameter.set 'Duration_Stretch {stretch:.3f})"]
            for i, text in enumerate(texts):
                clean = re.sub(r'["\\]', " ", text.rstrip(" ,;:-.")) + "."
                script += [
                    f'(set! u (utt.synth (Utterance Text "{clean}")))',
                    f'(utt.save.wave u "{folder}/{i}.wav" \'riff)',
                    f'(utt.save.segs u "{folder}/{i}.lab")',
                ]
            path = Path(folder, "run.scm")
            path.write_text("\n".join(script), encoding="utf-8")
            subprocess.run(["festival", "--batch", str(path)], capture_output=True, check=False, timeout=600)
            return [self._read(Path(folder, str(i)), f"festival-{voice}-{warp:.2f}", warp) for i in range(len(texts))]

    @staticmethod
    def _read(stem: Path, speaker: str, warp: float) -> Spoken | None:
        wave, label = stem.with_suffix(".wav"), stem.with_suffix(".lab")
        if not wave.exists() or not label.exists() or wave.stat().st_size < 100:
            return None
        samples, rate = sf.read(wave, dtype="float32")
        rows = [line.split() for line in label.read_text().splitlines() if len(line.split()) >= 3]
        phones = [(_phone(row[-1]), float(row[0])) for row in rows if row[-1] != "#"]
        return Spoken(samples, rate, speaker, phones, warp)


class Hibari:
    """hibari-tts with virtual speakers: pitch, formants, tilt and tempo are changed before the vocoder.

    Args:
        first, speakers: number of the first speaker, and how many there are. builtin:en was trained on 0 to 399.
    """

    def __init__(self, first: int = 0, speakers: int = 400) -> None:
        import onnx
        from hibari import Hibari as Voice
        from hibari.g2p import G2P

        ort = runtime()
        self.first, self.speakers = first, speakers
        self.voice = Voice(threads=1, g2p=G2P())
        model = onnx.load(self.voice.model_path)
        # The phoneme durations, in units of 25 ms, are an inner node of the network.
        model.graph.output.append(onnx.helper.make_empty_tensor_value_info("/Clip_output_0"))
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        self.symbols = {i: c for c, i in self.voice.vocab.items()}
        self.names = ["lh", "theta", "ln", "lr", "phi", "f0", "/Clip_output_0"]

    def speak(self, texts: list[str], rng: random.Random) -> list[Spoken | None]:
        return [self._one(text, rng) for text in texts]

    def _one(self, text: str, rng: random.Random) -> Spoken | None:
        from hibari import dsp

        parts = self.voice.phonemize(text.rstrip(" ,;:-.") + ".")
        if len(parts) != 1:
            return None
        ids = self.voice.ids(parts[0])
        number = self.first + rng.randrange(self.speakers)
        who = random.Random(number)
        formant, pitch, spread = who.uniform(0.84, 1.12), who.uniform(0.45, 1.25), who.uniform(0.5, 1.4)
        tilt, breath = who.uniform(-1.5, 1.5), who.uniform(-0.7, 0.9)
        speed = who.uniform(0.82, 1.15) * rng.uniform(0.9, 1.12)
        feeds = {"ids": np.asarray([ids], np.int64), "speed": np.asarray([speed], np.float32)}
        lh, theta, ln, lr, phi, f0, durations = self.session.run(self.names, feeds)
        lh, theta, ln, lr, phi, f0 = (x[0] for x in (lh, theta, ln, lr, phi, f0))
        voiced = f0 > 40
        if voiced.any():
            centre = float(np.exp(np.log(f0[voiced]).mean()))
            f0 = np.where(voiced, centre * pitch * (np.maximum(f0, 1) / centre) ** spread, 0.0).astype(np.float32)
            f0 = np.where(voiced, np.clip(f0, 62, 420), 0).astype(np.float32)
        bins = np.arange(lh.shape[0], dtype=np.float32)
        # Formants move by `formant` up to 5 kHz (bin 250); bins above are stretched so that the top bin stays.
        knee, top = 250.0, float(lh.shape[0] - 1)
        place = np.where(
            bins < knee * formant, bins / formant, top - (top - bins) * (top - knee) / (top - knee * formant)
        )
        low = np.clip(place.astype(int), 0, lh.shape[0] - 2)
        share = (place - low).astype(np.float32)[:, None]
        lh, ln, lr = (x[low] * (1 - share) + x[low + 1] * share for x in (lh, ln, lr))
        theta, phi = theta[low], phi[low]
        slope = (tilt * (bins / top - 0.3))[:, None].astype(np.float32)
        lh, ln, lr = lh + slope, ln + slope + breath, lr + slope
        noise = np.random.default_rng(rng.randrange(2**32))
        samples = dsp.synth(np.ascontiguousarray(lh), theta, ln, lr, np.ascontiguousarray(phi), f0, noise)
        phones, end = [], 0.0
        for i, duration in zip(ids, np.asarray(durations).reshape(-1), strict=False):
            end += float(duration) * 0.025
            symbol = self.symbols.get(int(i), " ")
            if symbol not in "ˈˌː":  # the time of a stress mark belongs to the vowel after it
                # A space between words lasts 50 ms in these labels but is not silence: its class is unknown.
                phones.append(("?" if symbol == " " else MISAKI.get(symbol, "pau"), end))
        return Spoken(samples, dsp.SR, f"hibari-{number}", phones, 1.0)


ENGINES = {"hibari": Hibari, "flite": Flite, "festival": Festival, "espeak": Espeak}
