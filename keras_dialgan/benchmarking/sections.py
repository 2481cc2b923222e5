"""What the benchmark measures: a registry of sections.

A section is a function of the `Settings` that returns rows, dictionaries of
plain values with the same keys each; the function's first line of
documentation is its title. Times are medians in seconds, `cpu` the processor
time of all threads.
"""

import gc
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import tensorflow as tf

from keras_dialgan.benchmarking import fitting, memory
from keras_dialgan.benchmarking.measuring import Times, interleaved
from keras_dialgan.benchmarking.workload import (
    PHASES,
    SIZES,
    Sizes,
    ending_generation,
    make_batch,
    make_model,
    make_stock,
    our_step,
    phase_flops,
    sized_config,
    stock_step,
)
from keras_dialgan.models.objectives import (
    DenseSoftmax,
    GumbelSoftmax,
    Reinforce,
    TopKSoftmax,
)

SECTIONS: dict[str, Callable] = {}


@dataclass(frozen=True)
class Settings:
    """What is measured, and for how long.

    Attributes:
        preset: a key of `SIZES`.
        rounds: calls of each function.
        seconds: of a group of functions, after which no round begins.
        text: raw dialogues for the sections about corpora; small talk when
            None.
    """

    preset: str
    rounds: int = 15
    seconds: float = 40.0
    text: Path | None = None

    @property
    def sizes(self) -> Sizes:
        return SIZES[self.preset]


def section(function: Callable) -> Callable:
    """Adds a section under its name."""
    SECTIONS[function.__name__] = function
    return function


@section
def agreement(settings: Settings) -> list[dict]:
    """Losses of the stock models and ours, on the same weights"""
    model = make_model(sized_config(settings.preset, settings.sizes))
    stock = make_stock(model)
    batch = make_batch(settings.sizes, shortest=2)
    rows = []
    for phase in ("mle", "adversarial", "discriminator"):
        ours = our_step(model, phase)(batch)[f"{phase}_loss"]
        theirs = stock_step(stock, phase)(batch)
        rows.append(
            {
                "phase": phase,
                "ours": float(ours),
                "stock": float(theirs),
                "difference": abs(float(ours) - float(theirs)),
            }
        )
    return rows


@section
def phases(settings: Settings) -> list[dict]:
    """Steps of full-length batches against stock Keras and the machine"""
    config = sized_config(settings.preset, settings.sizes)
    model = make_model(config)
    stock = make_stock(model)
    batch = make_batch(settings.sizes)
    functions = {"product": product("float32")}
    for phase in PHASES:
        functions[phase] = _on(our_step(model, phase), batch)
        functions[f"{phase} stock"] = _on(stock_step(stock, phase), batch)
    times = interleaved(functions, settings.rounds, settings.seconds)
    rate = PRODUCT_FLOPS / min(times["product"].wall)
    counts = phase_flops(config, settings.sizes)
    return [
        {
            "phase": phase,
            **_seconds(times[phase]),
            "stock": times[f"{phase} stock"].seconds,
            "stock_cpu": times[f"{phase} stock"].cpu_seconds,
            "times_faster": _ratio(times[f"{phase} stock"], times[phase]),
            "cpu_faster": _cpu_ratio(times[f"{phase} stock"], times[phase]),
            # What products alone would allow, at the rate measured.
            "most": times[f"{phase} stock"].seconds * rate / counts[phase],
            "mle_steps": times[phase].seconds / times["mle"].seconds,
            "gflop": counts[phase] / 1e9,
            "share_of_limit": counts[phase] / times[phase].seconds / rate,
            "limit": counts[phase] / rate,
        }
        for phase in PHASES
    ]


@section
def lengths(settings: Settings) -> list[dict]:
    """The same with rows of 2 tokens to the full length, as in real text"""
    model = make_model(sized_config(settings.preset, settings.sizes))
    stock = make_stock(model)
    batch = make_batch(settings.sizes, shortest=2)
    functions = {}
    for phase in ("mle", "discriminator"):
        functions[phase] = _on(our_step(model, phase), batch)
        functions[f"{phase} stock"] = _on(stock_step(stock, phase), batch)
    functions["sample"] = _on(ending_generation(model), batch)
    functions["sample stock"] = _on(stock_step(stock, "sample"), batch)
    times = interleaved(functions, settings.rounds, settings.seconds / 2)
    return [
        {
            "phase": phase,
            **_seconds(times[phase]),
            "stock": times[f"{phase} stock"].seconds,
            "times_faster": _ratio(times[f"{phase} stock"], times[phase]),
            "cpu_faster": _cpu_ratio(times[f"{phase} stock"], times[phase]),
        }
        for phase in ("mle", "discriminator", "sample")
    ]


@section
def precision(settings: Settings) -> list[dict]:
    """mixed_bfloat16 against float32"""
    config = sized_config(settings.preset, settings.sizes)
    batch = make_batch(settings.sizes)
    policies = ("float32", "mixed_bfloat16")
    functions = {f"product {p}": product(p) for p in policies}
    former = keras.config.dtype_policy()
    for policy in policies:
        keras.config.set_dtype_policy(policy)
        model = make_model(config)
        for phase in PHASES:
            functions[f"{phase} {policy}"] = _on(our_step(model, phase), batch)
    keras.config.set_dtype_policy(former)
    times = interleaved(functions, settings.rounds, settings.seconds)
    return [
        {
            "phase": phase,
            "float32": times[f"{phase} float32"].seconds,
            "mixed_bfloat16": times[f"{phase} mixed_bfloat16"].seconds,
            "times_faster": _ratio(
                times[f"{phase} float32"], times[f"{phase} mixed_bfloat16"]
            ),
            "cpu_faster": _cpu_ratio(
                times[f"{phase} float32"], times[f"{phase} mixed_bfloat16"]
            ),
        }
        for phase in ("product", *PHASES)
    ]


@section
def growth(settings: Settings) -> list[dict]:
    """Step time by vocabulary, batch, length and k, as a share of the whole"""
    base = settings.sizes
    variants = [
        ("half the vocabulary", {"vocabulary": base.vocabulary // 2}, "mle"),
        ("half the vocabulary", {"vocabulary": base.vocabulary // 2}, "sample"),
        ("half the batch", {"batch": base.batch // 2}, "mle"),
        ("half the length", {"length": base.length // 2}, "mle"),
        ("k = 16", {"k": 16}, "adversarial"),
    ]
    whole = make_model(sized_config(settings.preset, base))
    steps = {
        phase: _on(our_step(whole, phase), make_batch(base))
        for phase in ("mle", "sample", "adversarial")
    }
    rows = []
    for name, changes, phase in variants:
        sizes = replace(base, **changes)
        model = make_model(sized_config(settings.preset, sizes))
        step = _on(our_step(model, phase), make_batch(sizes))
        times = interleaved(
            {"whole": steps[phase], "variant": step},
            settings.rounds,
            settings.seconds / len(variants),
        )
        rows.append(
            {
                "phase": phase,
                "variant": name,
                **_seconds(times["variant"]),
                "share": _ratio(times["variant"], times["whole"]),
                "cpu_share": _cpu_ratio(times["variant"], times["whole"]),
            }
        )
        # One at a time: several models of the paper's size fill a memory.
        del model, step
        gc.collect()
    return rows


@section
def objectives(settings: Settings) -> list[dict]:
    """Adversarial steps of other objectives against the paper's"""
    sizes = settings.sizes
    config, batch = sized_config(settings.preset, sizes), make_batch(sizes)
    variants = {
        "top-k with noise": TopKSoftmax(sizes.k, noise=1.0),
        "dense softmax": DenseSoftmax(),
        "Gumbel-softmax": GumbelSoftmax(),
        "REINFORCE": Reinforce(),
    }
    paper = _on(our_step(make_model(config), "adversarial"), batch)
    rows = []
    for name, objective in variants.items():
        step = our_step(make_model(config, objective), "adversarial")
        times = interleaved(
            {"paper": paper, "other": _on(step, batch)},
            settings.rounds,
            settings.seconds / len(variants),
        )
        rows.append(
            {
                "objective": name,
                **_seconds(times["other"]),
                "paper": times["paper"].seconds,
                "times_slower": _ratio(times["other"], times["paper"]),
                "cpu_slower": _cpu_ratio(times["other"], times["paper"]),
            }
        )
        del step
        gc.collect()
    return rows


@section
def fit(settings: Settings) -> list[dict]:
    """Epochs of fit against the bare steps that they consist of"""
    model = make_model(sized_config(settings.preset, settings.sizes))
    return fitting.compare(
        model, settings.sizes, settings.rounds, settings.seconds
    )


@section
def peak_memory(settings: Settings) -> list[dict]:
    """Peak memory of a process that takes three steps, in GiB"""
    rows = []
    measured = ("mle", "adversarial", "sample")
    for phase, whose in itertools.product(measured, ("ours", "stock")):
        found = memory.of_phase(settings.preset, phase, whose, "float32")
        gibibytes = {name: size / 2**30 for name, size in found.items()}
        rows.append({"phase": phase, "whose": whose, **gibibytes})
    return rows


PRODUCT_SIZE = 2048
PRODUCT_FLOPS = 2 * PRODUCT_SIZE**3


def product(policy: str) -> Callable:
    """A function that multiplies two large square matrices."""
    dtype = keras.DTypePolicy(policy).compute_dtype
    matrix = tf.cast(tf.random.normal([PRODUCT_SIZE] * 2), dtype)
    multiply = tf.function(tf.matmul)
    return lambda: multiply(matrix, matrix).numpy()


def _on(step, batch):
    return lambda: step(batch)


def _seconds(times: Times) -> dict:
    return {"ours": times.seconds, "cpu": times.cpu_seconds}


def _cpu_ratio(one: Times, other: Times) -> float:
    return one.cpu_seconds / other.cpu_seconds


def _ratio(one: Times, other: Times) -> float:
    return one.seconds / other.seconds
