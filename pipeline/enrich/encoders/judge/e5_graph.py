"""The network of multilingual-e5-small as an ONNX graph, written node by node: no torch, no exporter.

Embeddings of pieces go in, vectors of pieces in their context come out. All texts of a run have the same number of
pieces: nothing is padded, so nothing is masked, and no sum depends on a neighbour's length. The matrices are whole
numbers (:mod:`pipeline.enrich.encoders.judge.int8_matrix`), the rest is float32.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.enrich.encoders.judge.e5_file import E5File
from pipeline.enrich.encoders.judge.int8_matrix import MAX_ACTIVATION, ZERO, int8_matrix
from pipeline.types import FloatArray

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

INPUT: Final = "piece_embeddings"
OUTPUT: Final = "tokens"

_Attribute = Any  # of a node: numbers and lists of them

_OPSET, _IR = 20, 10

_LOUD: Final = {15: 3.0, 35: 3.0}
"""Channels after a norm that are 3 to 20 times as loud as the others, in most tokens or in a few: a third of them goes
into the whole numbers, three times their weights take it up. Mean cosine to floats with this .9997, without .9991."""
_RUNTIME: Final = "com.microsoft"
"""ONNX Runtime's own operators: its fast product of whole numbers is one of them."""


def e5_graph(file: E5File, on_layer: Callable[[int, int], None] = lambda done, total: None) -> bytes:
    """The serialised graph, ``(texts, pieces, hidden) float32`` in and out.

    Parameters
    ----------
    file
        The weights.
    on_layer
        Hears after each layer how many are done, and of how many.
    """
    network = _Network(file)
    tokens = network.embedded()
    for layer in range(file.shape.layers):
        tokens = network.layer(f"l{layer}", tokens)
        on_layer(layer + 1, file.shape.layers)
    return network.finished(tokens)


class _Network:
    """Nodes and constants so far; a value is the name of what a node gives."""

    def __init__(self, file: E5File) -> None:
        self._file = file
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []
        self._named: set[str] = set()

    def embedded(self) -> str:
        """Piece, position and type together, normalised."""
        places = self._file.vectors["emb.pos"] + self._file.vectors["emb.type"][0]
        ends = [self._constant(f"places.{name}", np.array([at])) for name, at in (("from", 0), ("axis", 0))]
        length = self._node("Shape", [INPUT], start=1, end=2)
        here = self._node("Slice", [self._constant("places", places), ends[0], length, ends[1]])
        return self._norm("emb.ln", self._node("Add", [INPUT, here]))

    def layer(self, name: str, tokens: str) -> str:
        """Attention and feed-forward, each added to what went in and then normalised."""
        tokens = self._norm(f"{name}.aln", self._node("Add", [tokens, self._attention(name, tokens)]))
        inner = self._node("Gelu", [self._linear_of_norm(f"{name}.fi", tokens, *self._weights(name, "fi"))])
        outer = self._linear(f"{name}.fo", inner, *self._weights(name, "fo"))
        return self._norm(f"{name}.oln", self._node("Add", [tokens, outer]))

    def finished(self, tokens: str) -> bytes:
        """Everything, with a name for the last tokens."""
        from onnx import TensorProto, helper

        self._nodes.append(helper.make_node("Identity", [tokens], [OUTPUT]))
        hidden = self._file.shape.hidden
        floats = TensorProto.FLOAT
        graph = helper.make_graph(
            self._nodes,
            "multilingual-e5-small",
            [helper.make_tensor_value_info(INPUT, floats, ["texts", "pieces", hidden])],
            [helper.make_tensor_value_info(OUTPUT, floats, ["texts", "pieces", hidden])],
            self._constants,
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_RUNTIME, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR, producer_name="trendsieve")
        serialised: bytes = model.SerializeToString()
        return serialised

    def _attention(self, name: str, tokens: str) -> str:
        shape = self._file.shape
        width = shape.hidden // shape.heads
        weights, biases = zip(*(self._weights(name, part) for part in "qkv"), strict=True)
        # 1 / √width belongs to the scores; in the queries' weights it costs nothing
        scale = np.float32(width**-0.5)
        together = self._linear_of_norm(
            f"{name}.qkv",
            tokens,
            np.concatenate([weights[0] * scale, *weights[1:]]),
            np.concatenate([biases[0] * scale, *biases[1:]]),
        )
        split = self._constant(f"{name}.split", np.array([0, 0, 3 * shape.heads, width]))
        by_head = self._node("Transpose", [self._node("Reshape", [together, split])], perm=[0, 2, 1, 3])
        queries, keys, values = self._nodes_of("Split", [by_head], 3, axis=1, num_outputs=3)
        scores = self._node("MatMul", [queries, self._node("Transpose", [keys], perm=[0, 1, 3, 2])])
        read = self._node("MatMul", [self._node("Softmax", [scores], axis=-1), values])
        joined = self._constant(f"{name}.joined", np.array([0, 0, shape.hidden]))
        side_by_side = self._node("Reshape", [self._node("Transpose", [read], perm=[0, 2, 1, 3]), joined])
        return self._linear(f"{name}.ao", side_by_side, *self._weights(name, "ao"))

    def _linear_of_norm(self, name: str, tokens: str, weights: FloatArray, bias: FloatArray) -> str:
        """``tokens @ weights.T + bias`` where some channels of the tokens are known to be loud."""
        loud = np.ones(self._file.shape.hidden, np.float32)
        for channel, times in _LOUD.items():
            loud[channel : channel + 1] = times
        quieter = self._node("Mul", [tokens, self._constant("quiet", 1 / loud)])
        return self._linear(name, quieter, weights * loud, bias)

    def _linear(self, name: str, tokens: str, weights: FloatArray, bias: FloatArray) -> str:
        """``tokens @ weights.T + bias``: each token is scaled to whole numbers by its own largest one.

        A token of zeros divides by zero here; its scale, zero, takes whatever that gave out again.
        """
        from onnx import TensorProto

        matrix = int8_matrix(weights)
        last = self._constant("last", np.array([-1]))
        largest = self._node("ReduceMax", [self._node("Abs", [tokens]), last], keepdims=1)
        scale = self._node("Mul", [largest, self._constant("step", np.float32(1 / MAX_ACTIVATION))])
        # the conversion cuts off: the half makes it round
        shifted = self._node(
            "Add", [self._node("Div", [tokens, scale]), self._constant("shift", np.float32(ZERO + 0.5))]
        )
        codes = self._node("Cast", [shifted], to=TensorProto.UINT8)
        operands = [
            codes,
            self._constant(f"{name}.codes", matrix.codes),
            self._constant("one", np.float32(1)),
            self._constant(f"{name}.scales", matrix.scales),
            self._constant("zero", np.uint8(ZERO)),
        ]
        product = self._node("MatMulIntegerToFloat", operands, domain=_RUNTIME)
        return self._node("Add", [self._node("Mul", [product, scale]), self._constant(f"{name}.bias", bias)])

    def _weights(self, layer: str, part: str) -> tuple[FloatArray, FloatArray]:
        return self._file.matrices[f"{layer}.{part}.w"].rows(), self._file.vectors[f"{layer}.{part}.b"]

    def _norm(self, name: str, tokens: str) -> str:
        gain, bias = (self._constant(f"{name}.{part}", self._file.vectors[f"{name}.{part}"]) for part in "wb")
        return self._node("LayerNormalization", [tokens, gain, bias], axis=-1, epsilon=self._file.shape.epsilon)

    def _constant(self, name: str, value: NDArray[np.generic] | np.generic) -> str:
        """A value with a name, once."""
        from onnx import numpy_helper

        if name not in self._named:
            self._named.add(name)
            self._constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def _node(self, operator: str, inputs: Sequence[str], domain: str = "", **attributes: _Attribute) -> str:
        (only,) = self._nodes_of(operator, inputs, 1, domain, **attributes)
        return only

    def _nodes_of(
        self, operator: str, inputs: Sequence[str], n_outputs: int, domain: str = "", **attributes: _Attribute
    ) -> list[str]:
        from onnx import helper

        outputs = [f"{len(self._nodes)}.{i}" for i in range(n_outputs)]
        self._nodes.append(helper.make_node(operator, inputs, outputs, domain=domain, **attributes))
        return outputs
