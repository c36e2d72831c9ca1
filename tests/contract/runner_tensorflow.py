"""TensorFlow: eager, in a tf.function with an unknown batch size, and compiled by XLA."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import crossent as ce
from contract.case import FUNCTION_NAMES, Call
from contract.paths import check_path
from contract.policy import TENSORFLOW
from contract.runner import QUICK, Outcome, Reductions, cotangent_for, mixture, options_for

Tensors = dict[str, Any]
KEPT = 40  # programs; each holds a graph or machine code


def split(call: Call) -> tuple[Tensors, dict[str, Any]]:
    """The arrays of a call as tensors, and its options that are words and numbers."""
    arrays = {"y_true": call.y_true, "y_pred": call.y_pred}
    arrays |= {k: v for k, v in call.options.items() if isinstance(v, np.ndarray | np.generic)}
    words = {k: v for k, v in call.options.items() if k not in arrays}
    return {
        k: tf.constant(np.ascontiguousarray(v).reshape(np.shape(v))) for k, v in arrays.items()
    }, words


def unknown_batch(call: Call, tensors: Tensors) -> Tensors:
    """Signatures in which the first dimension of the rows is not known."""
    axis, shape = call.axis, np.shape(call.y_pred)
    if len(shape) - (axis is not None) == 0:  # a single row has no batch dimension
        return {k: tf.TensorSpec(t.shape, t.dtype) for k, t in tensors.items()}
    where = {"y_pred": 1 if axis == 0 else 0, "sample_weight": 0, "cotangent": 0}
    like_predictions = call.function == "dense" or "target_prob" in call.options
    where["y_true"] = where["target_prob"] = where["y_pred"] if like_predictions else 0
    specs = {}
    for name, tensor in tensors.items():
        sizes: list[int | None] = list(tensor.shape)
        if name in where and sizes:
            sizes[where[name]] = None
        specs[name] = tf.TensorSpec(sizes, tensor.dtype)
    return specs


def value(function: str, tensors: Tensors, options: dict[str, Any]) -> Any:
    """The library's answer, which must be a tensor."""
    arguments = {**options, **{k: v for k, v in tensors.items() if k in options}}
    loss = getattr(ce, FUNCTION_NAMES[function])
    return loss(tensors["y_true"], tensors["y_pred"], **arguments)


def watched(call: Call, tensors: Tensors, options: dict[str, Any]) -> Any:
    """The library's answer, eager, and the way that it took."""
    result = value(call.function, tensors, options)
    check_path(call, options)
    return result


def words_of(error: str) -> tuple[str, str]:
    """The code in the name of the one operation that an error shows, and the words in its data."""
    nodes = re.findall(r"\{\{node ([^}]*)\}\}", error)
    code = re.search(r"\bCE\d{3}(?=_[a-z0-9_]+$)", nodes[-1])
    words = re.search(r"assertion failed: \[(.*)\]\s*\n", error, re.DOTALL)
    assert code, error
    assert words, error
    assert len(set(nodes)) == 1, error
    # Where a traceback of the graph is shown, the name stands in front of it.
    _, found, rest = error.partition("Detected at node ")
    assert not found or rest.startswith(nodes[-1]), error
    return code[0], words[1]


class TensorFlowRunner:
    """One of the three ways to run TensorFlow."""

    policy = TENSORFLOW

    def __init__(self, name: str) -> None:
        self.name = name
        self.traced = self.compiles = name != "tensorflow"
        self.stops = name == "tf.function"
        self.reductions = ("none", "mean") if self.traced else ("none", "mean", "sum")
        self.lacks: dict[str, str] = {}
        if self.traced:
            self.lacks["quick calls"] = QUICK
            self.lacks["sees values"] = "the values of traced arguments cannot be seen"
        self.lacks["fixed bits"] = "TensorFlow's own kernels decide the order of a row's sum"
        self._programs: dict[str, Any] = {}

    def traceable(self, function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
        """A function of tensors as this runner runs it."""
        if not self.traced:
            return function
        compiles = {"jit_compile": True} if self.name == "jit_compile" else {}
        return tf.function(function, **compiles, **options)

    def outcome(
        self, call: Call, validate: str | None = None, *, rows_only: bool = False
    ) -> Outcome:
        """Every reduction and gradient of a call, in one program."""
        reductions = ("none",) if rows_only and self.traced else self.reductions
        tensors, words = split(call)
        tensors["cotangent"] = tf.constant(cotangent_for(call))
        results = self._program(call, tensors, words, validate, reductions)(tensors)
        arrays = {k: v.numpy() for k, v in results.items()}
        return Outcome(**arrays, cotangent=tensors["cotangent"].numpy())

    def _program(
        self,
        call: Call,
        tensors: Tensors,
        words: dict[str, Any],
        validate: str | None,
        reductions: tuple[str, ...],
    ) -> Callable[[Tensors], Tensors]:
        """The program of a call; a repaired twin of a call runs the very same one."""
        compute = partial(value, call.function) if self.traced else partial(watched, call)

        def program(given: Tensors) -> Tensors:
            results = {}
            for reduction in reductions:
                options = options_for(call, reduction, validate)
                with tf.GradientTape() as tape:
                    tape.watch(given["y_pred"])
                    result = compute(given, options)
                    scalar = result
                    if reduction == "none":
                        upstream = tf.reshape(given["cotangent"], tf.shape(result))
                        scalar = tf.reduce_sum(result * upstream)
                results[reduction] = result
                gradient = tape.gradient(scalar, given["y_pred"])
                assert gradient is not None, f"{reduction}: no gradient"
                results[f"gradient_of_{reduction}"] = tf.convert_to_tensor(gradient)
            return results

        return self._kept(call, tensors, [words, validate, reductions], program)

    def _kept(self, call: Call, tensors: Tensors, words: Any, program: Any) -> Any:
        """A traced program, or the one that was made for another call with the same signature."""
        if not self.traced:
            return program
        specs = {k: tf.TensorSpec(t.shape, t.dtype) for k, t in tensors.items()}
        if self.name == "tf.function":
            specs = unknown_batch(call, tensors)
        signature = {k: str(v) for k, v in specs.items()}
        key = json.dumps([program.__qualname__, call.function, words, signature], default=repr)
        made = self._programs.pop(key, None) or self.traceable(program, input_signature=[specs])
        self._programs[key] = made  # the one that was used last is at the end
        if len(self._programs) > KEPT:
            self._programs.pop(next(iter(self._programs)))
        return made

    def gradients(
        self, call: Call, names: tuple[str, ...], reductions: Reductions
    ) -> dict[str, np.ndarray]:
        """Gradients to some arguments."""
        tensors, words = split(call)
        tensors["cotangent"] = tf.constant(cotangent_for(call))

        def program(given: Tensors) -> Tensors:
            moving = {name: given[name] for name in names}
            with tf.GradientTape() as tape:
                tape.watch(moving)
                results = {
                    name: value(call.function, given, options_for(call, name, None))
                    for name in reductions
                }
                # Parts are float64; TensorFlow adds no float32 to them.
                results = tf.nest.map_structure(lambda t: tf.cast(t, tf.float64), results)
                number = mixture(
                    results, lambda t: tf.reduce_sum(t * tf.cast(given["cotangent"], t.dtype))
                )
            zero = tf.UnconnectedGradients.ZERO
            found = tape.gradient(number, moving, unconnected_gradients=zero)
            return {name: tf.convert_to_tensor(one) for name, one in found.items()}

        found = self._kept(call, tensors, [words, names, reductions], program)(tensors)
        return {name: one.numpy() for name, one in found.items()}

    def attempt(self, call: Call, reduction: str = "mean") -> np.ndarray:
        """One value alone, with static shapes and options passed as they are."""
        tensors, _ = split(call)
        options = {"reduction": reduction, **call.options}

        def program(given: Tensors) -> Any:
            return value(call.function, given, options)

        return self.traceable(program, reduce_retracing=True)(tensors).numpy()

    def stop(self, call: Call) -> dict[str, tuple[str, str]]:
        """The code and the words at which the value, and the gradient alone, of a call stop."""
        tensors, _ = split(call)
        options = options_for(call, "mean", None)

        def gradient(given: Tensors) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(given["y_pred"])
                result = value(call.function, given, options)
            return tape.gradient(result, given["y_pred"])

        programs = {
            "value": lambda given: value(call.function, given, options),
            "gradient": gradient,
        }
        stopped = {}
        for name, program in programs.items():
            with pytest.raises(tf.errors.InvalidArgumentError) as info:
                self.traceable(program, input_signature=[unknown_batch(call, tensors)])(tensors)
            stopped[name] = words_of(str(info.value))
        return stopped

    def loss(self, call: Call, reduction: str) -> Any:
        """One value alone."""
        tensors, words = split(call)
        options = {"reduction": reduction, **call.options}

        def program(given: Tensors) -> Any:
            compute = partial(value, call.function) if self.traced else partial(watched, call)
            return compute(given, options)

        return self._kept(call, tensors, [words, reduction], program)(tensors)
