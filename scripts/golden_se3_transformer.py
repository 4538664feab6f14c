"""The SE(3)-Transformer as its authors' code computes it: small models of particles and of molecules.

Run with a copy of github:FabianFuchsML/se3-transformer-public (commit a9010df), torch 2.13.0, numpy 2.4.6, packaging
26.0, beside Clados: ``python golden_se3_transformer.py FOLDER`` writes what is kept in proofs/golden. Their modules are
run as they are, in double precision, but for the width of radial networks, 32 in their source, which is smaller here.

What they import of dgl and lie_learn stands below: graphs whose messages are gathered by index, and turns of harmonics,
found from their own harmonics of turned points. The couplings that they find by singular values have any sign; here the
first number that is not 0 is positive. Gradients go through harmonics too, which is an option of theirs.
"""

import contextlib
import importlib
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from clados import nn as cn, spec as s
from clados.models.declared import declared
from clados.proofs.cases import example_inputs, small
from clados.proofs.references import loss_of, randomise, with_gradients

HERE = Path(__file__).parents[1] / "src" / "clados" / "proofs" / "golden"
COMMIT = "a9010df"
Sent = dict[str, Tensor]
RADIAL = {"first": "0", "first_norm": "1.bn", "second": "3", "second_norm": "4.bn", "out": "6"}


# ---------------------------------------------------------------- what stands for dgl


class Ends:
    """What messages see: features of the points that an edge leaves and enters, and its own."""

    def __init__(self, graph: "Graph") -> None:
        self.src = {name: each[graph.src] for name, each in graph.ndata.items()}
        self.dst = {name: each[graph.dst] for name, each in graph.ndata.items()}
        self.data = graph.edata


class Graph:
    """Points and edges of all examples in a row."""

    def __init__(self, src: Tensor, dst: Tensor, points: int, examples: Tensor) -> None:
        self.src, self.dst, self.points, self.examples = src, dst, points, examples
        self.ndata: dict[str, Tensor] = {}
        self.edata: dict[str, Tensor] = {}

    @contextlib.contextmanager
    def local_scope(self) -> Iterator[None]:
        """What is put here meanwhile is forgotten."""
        kept = dict(self.ndata), dict(self.edata)
        yield
        self.ndata, self.edata = kept

    def apply_edges(self, message: Callable[[Ends], Sent]) -> None:
        """A message for each edge, kept there."""
        self.edata |= message(Ends(self))

    def update_all(self, message: Callable[[Ends], Sent], gather: Callable[["Graph", Sent], Sent]) -> None:
        """Messages, gathered where their edges end."""
        self.ndata |= gather(self, message(Ends(self)))

    def total(self, each: Tensor) -> Tensor:
        """The sum over the edges that end at each point."""
        return each.new_zeros(self.points, *each.shape[1:]).index_add(0, self.dst, each)


def _sum(message: str, out: str) -> Callable[[Graph, dict[str, Tensor]], dict[str, Tensor]]:
    return lambda graph, sent: {out: graph.total(sent[message])}


def _mean(message: str, out: str) -> Callable[[Graph, dict[str, Tensor]], dict[str, Tensor]]:
    def gather(graph: Graph, sent: dict[str, Tensor]) -> dict[str, Tensor]:
        number = graph.total(torch.ones(len(graph.dst), dtype=sent[message].dtype)).clamp(min=1)
        return {out: graph.total(sent[message]) / number[:, None, None]}

    return gather


def _product(edge: str, point: str, out: str) -> Callable[[Ends], dict[str, Tensor]]:
    return lambda edges: {out: (edges.data[edge] * edges.dst[point]).sum(-1, keepdim=True)}


def _edge_softmax(graph: Graph, scores: Tensor) -> Tensor:
    exponents = (scores - scores.max()).exp()
    return exponents / graph.total(exponents)[graph.dst]


class _Largest(nn.Module):
    def forward(self, graph: Graph, features: Tensor) -> Tensor:
        """Of each example the largest over its points."""
        every = range(int(graph.examples.max()) + 1)
        return torch.stack([features[graph.examples == example].amax(0) for example in every])


def stand_ins(folder: str) -> None:
    """What their source in a folder imports."""

    def package(name: str, **held: Any) -> None:
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(held)

    functions = types.SimpleNamespace(sum=_sum, mean=_mean, e_dot_v=_product)
    package("dgl", function=functions, __version__="0.5.3")
    package("dgl.function", **vars(functions))
    package("dgl.nn")
    package("dgl.nn.pytorch")
    package("dgl.nn.pytorch.softmax", edge_softmax=_edge_softmax)
    package("dgl.nn.pytorch.glob", AvgPooling=_Largest, MaxPooling=_Largest)
    for name in ("lie_learn", "lie_learn.representations", "lie_learn.representations.SO3"):
        package(name)
    package("utils.utils_profiling", profile=lambda called: called)
    package("utils.utils_logging", log_gradient_norm=lambda tensor, name: None)
    package("equivariant_attention.from_se3cnn.cache_file", cached_dirpklgz=lambda where: lambda called: called)
    sys.path.insert(0, folder)
    turns: Any = importlib.import_module("equivariant_attention.from_se3cnn.SO3")
    harmonics: Any = importlib.import_module("equivariant_attention.from_se3cnn.representations")
    package("lie_learn.representations.SO3.wigner_d", wigner_D_matrix=_wigner(turns, harmonics))
    couplings: Any = importlib.import_module("equivariant_attention.from_se3cnn.utils_steerable")
    couplings._basis_transformation_Q_J = _of_one_sign(couplings._basis_transformation_Q_J)


def of_width(folder: str, width: int) -> Any:
    """Their module of layers, its radial networks of another width."""
    source = Path(folder, "equivariant_attention", "modules.py").read_text(encoding="utf-8")
    assert source.count("self.mid_dim = 32") == 1
    module = types.ModuleType("equivariant_attention.modules")
    exec(source.replace("self.mid_dim = 32", f"self.mid_dim = {width}"), vars(module))
    return module


def _wigner(turns: Any, harmonics: Any) -> Callable[..., Any]:
    """How harmonics of a degree turn: those of turned points as sums of those of the points."""

    def found(degree: int, alpha: Any, beta: Any, gamma: Any) -> Any:
        draw = torch.Generator().manual_seed(degree)
        points = nn.functional.normalize(torch.randn(64, 3, generator=draw, dtype=torch.float64), dim=-1)
        turn = turns.rot(*(torch.as_tensor(float(each), dtype=torch.float64) for each in (alpha, beta, gamma)))

        def of(places: Tensor) -> Tensor:
            x, y, z = places.unbind(-1)
            values: Tensor = harmonics.SphericalHarmonics().get(degree, torch.acos(z), torch.atan2(y, x))
            return values

        return torch.linalg.lstsq(of(points), of(points @ turn.T)).solution.T.numpy()

    return found


def _of_one_sign(found: Callable[..., Tensor]) -> Callable[..., Tensor]:
    known: dict[tuple[int, ...], Tensor] = {}

    def signed(*which: int) -> Tensor:
        if which not in known:
            table = found(*which)
            first = table.flatten()[table.flatten().abs() > 1e-9][0]
            known[which] = table * first.sign()
        return known[which]

    return signed


# ---------------------------------------------------------------- their models


class Particles(nn.Module):
    """Their layers for particles, as experiments/nbody/nbody_models.py puts them together."""

    def __init__(self, theirs: Any, fiber: Any, model: s.PointCloud) -> None:
        super().__init__()
        size, layers = model.size, []
        divided = {"edge_dim": model.inputs.edges, "skip": "cat", "x_ij": "add"}
        enters, inside, leaves = fiber(dictionary={1: 1}), fiber(size.degrees, size.channels), fiber(dictionary={1: 2})
        for _ in range(size.layers):
            div = size.channels / size.inner
            layers.append(theirs.GSE3Res(enters, inside, div=div, n_heads=size.heads, selfint="1x1", **divided))
            layers.append(theirs.GNormBias(inside))
            enters = inside
        layers.append(theirs.GSE3Res(inside, leaves, div=1, n_heads=min(size.heads, 2), selfint="att", **divided))
        self.layers = nn.ModuleList(layers)

    def forward(self, graph: Graph, known: dict[str, Any]) -> Tensor:
        """Vectors of each point."""
        features = {"1": graph.ndata["v"]}
        for layer in self.layers:
            features = layer(features, G=graph, **known)
        return features["1"]


class Molecules(nn.Module):
    """Their layers for molecules, as experiments/qm9/models.py puts them together."""

    def __init__(self, theirs: Any, fiber: Any, model: s.PointCloud) -> None:
        super().__init__()
        size, edges = model.size, model.inputs.edges
        enters, inside = fiber(1, model.inputs.scalars), fiber(size.degrees, size.channels)
        layers = []
        for _ in range(size.layers):
            div = size.channels / size.inner
            layers.append(theirs.GSE3Res(enters, inside, edge_dim=edges, div=div, n_heads=size.heads))
            layers.append(theirs.GNormSE3(inside))
            enters = inside
        width = size.d_model
        layers.append(theirs.GConvSE3(inside, fiber(1, width), self_interaction=True, edge_dim=edges))
        self.layers = nn.ModuleList(layers)
        self.pool = theirs.GMaxPooling()
        self.last = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(self, graph: Graph, known: dict[str, Any]) -> Tensor:
        """A number of each example."""
        features = {"0": graph.ndata["f"]}
        for layer in self.layers:
            features = layer(features, G=graph, **known)
        number: Tensor = self.last(self.pool(features, graph))
        return number


def their_names(path: str, layers: int) -> str:
    """Where they keep a tensor of ours."""
    *before, last = path.split(".")
    at = f"layers.{2 * int(before[1])}" if before[0] == "blocks" else f"layers.{2 * layers}"
    if "radials" in before:
        read, to = before[before.index("radials") + 1].split("to")
        side = {"values": "GMAB.v.", "keys": "GMAB.k.", "kernels": ""}[before[before.index("radials") - 1]]
        return f"{at}.{side}kernel_unary.({read},{to}).rp.net.{RADIAL[before[-1]]}.{last}"
    degree = (last if last.startswith(("degree", "bias")) and len(last) > len("bias") else before[-1])[-1]
    if "queries" in before:
        return f"{at}.GMAB.q.transform.{degree}"
    if "itself" in before:
        return f"{at}.kernel_self.{degree}"
    if "activation" in before:
        at = f"layers.{2 * int(before[1]) + 1}"
        return f"{at}.transform.{degree}.0.bn.{last}" if "norm" in path else f"{at}.bias.{degree}"
    if "mixture" in before and last.startswith("degree"):
        return f"{at}.project.transform.{degree}"
    if "mixture" in before:
        return f"{at}.project.transform.{degree}.{0 if before[-1].startswith('norm') else 2}.{last}"
    return f"last.{0 if before[-1] == 'up' else 2}.{last}"


def graph_of(read: Mapping[str, Tensor]) -> Graph:
    """What a model reads as one graph: points that are there alone."""
    keep = read["attention_mask"].bool()
    numbers = torch.full(keep.shape, -1)
    numbers[keep] = torch.arange(int(keep.sum()))
    pairs = keep[:, None] & keep[:, :, None] & ~torch.eye(keep.size(1), dtype=torch.bool)
    if "edge_mask" in read:
        pairs = pairs & read["edge_mask"].bool()
    example, to, start = pairs.nonzero().T
    examples = keep.nonzero()[:, 0]
    graph = Graph(numbers[example, start], numbers[example, to], len(examples), examples)
    places = read["positions"][keep]
    graph.ndata["x"] = places[:, None]
    if "vectors" in read:
        graph.ndata["v"] = read["vectors"][keep]
    if "scalars" in read:
        graph.ndata["f"] = read["scalars"][keep][..., None]
    graph.edata["d"] = places[graph.dst] - places[graph.src]
    graph.edata["w"] = read["edge_features"][example, to, start]
    return graph


def kept(model: s.PointCloud, modules: Any, name: str) -> None:
    """Write one small model, what it reads and gives, and its gradients, under our names."""
    fiber = sys.modules["equivariant_attention.fibers"].Fiber
    ours = cn.module(model).eval()
    randomise(dict(ours.named_parameters()))
    weights = {name: each.detach().contiguous() for name, each in ours.named_parameters()}
    moving = model.head("motion") is not None
    theirs = (Particles if moving else Molecules)(modules, fiber, model).double()
    names = {name: their_names(name, model.size.layers) for name in weights}
    state = theirs.state_dict()
    assert sorted(names.values()) == sorted(state), sorted({*names.values()} ^ {*state})[:4]
    shapes = {name: state[names[name]].shape for name in weights}
    theirs.load_state_dict({names[name]: each.double().view(shapes[name]) for name, each in weights.items()})
    read = example_inputs(model)
    watched = with_gradients(read, torch.float64)
    graph = graph_of(watched)
    basis, r = modules.get_basis_and_r(graph, model.size.degrees - 1, compute_gradients=True)
    given = theirs(graph, {"basis": basis, "r": r})
    keep = read["attention_mask"].bool()
    if moving:  # points that are not there have no vectors
        given = given.new_zeros(*keep.shape, *given.shape[1:]).masked_scatter(keep[..., None, None], given)
    outputs = {"motion" if moving else "property": given}
    loss_of(outputs, read).backward()
    learned = dict(theirs.named_parameters())
    held = {
        "model": weights,
        "inputs": read,
        "outputs": outputs,
        "gradients/model": {name: _gradient(learned[names[name]]).view(each.shape) for name, each in weights.items()},
        "gradients/inputs": {name: each.grad for name, each in watched.items() if each.grad is not None},
    }
    folder = HERE / name
    (folder / "gradients").mkdir(parents=True, exist_ok=True)
    for file, tensors in held.items():
        written = {name: each.detach().contiguous() for name, each in tensors.items()}
        single = {name: each.to(torch.float32) for name, each in written.items() if each.is_floating_point()}
        save_file(written | single, folder / f"{file}.safetensors")
    (folder / "made_by.txt").write_text(f"the authors' code, {COMMIT}\n", encoding="utf-8")
    files = sorted(f"{file}.safetensors" for file in held)
    sums = (f"{sha256((folder / file).read_bytes()).hexdigest()}  {file}\n" for file in files)
    (folder / "sums.txt").write_text("".join(sums), encoding="utf-8")


def _gradient(parameter: Tensor) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def main() -> None:
    """Both structures."""
    stand_ins(sys.argv[1])
    declaration = declared("se3-transformer")
    torch.Tensor.float = torch.Tensor.double  # type: ignore[method-assign]  # they bring couplings to single precision
    for size, folder in (("n-body", "se3_transformer"), ("qm9", "se3_transformer_qm9")):
        model = small(declaration.at(size))
        assert isinstance(model, s.PointCloud)
        kept(model, of_width(sys.argv[1], model.block.attn.kernels.radial.width), folder)


if __name__ == "__main__":
    main()
