"""AlphaFold as OpenFold computes it: small models with and without templates, one pass after another.

Run with a copy of github:aqlaboratory/openfold (commit ce0029e) and the packages that it imports, torch 2.13.0,
ml-collections 1.1.0, dm-tree 0.1.10, in PYTHONPATH beside Clados: ``python golden_alphafold.py OPENFOLD`` writes what
is kept in proofs/golden. Its kernel for CUDA is a softmax in place, and its modules of data are none that are needed.
"""

import json
import sys
import types
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from clados import nn as cn, spec as s
from clados.checkpoints.mapping.config import to_config
from clados.checkpoints.mapping.dialects import nested
from clados.checkpoints.mapping.tensors import to_theirs
from clados.models.declared import declared
from clados.proofs.cases import example_inputs, small
from clados.proofs.references import loss_of, randomise, with_gradients

HERE = Path(__file__).parents[1] / "src" / "clados" / "proofs" / "golden"
OUTPUTS = {  # ours: theirs
    "lddt_logits": "lddt_logits",
    "distogram_logits": "distogram_logits",
    "masked_msa_logits": "masked_msa_logits",
    "experimentally_resolved_logits": "experimentally_resolved_logits",
    "tm_logits": "tm_logits",
    "final_atom_positions": "final_atom_positions",
}
LAYERS = {"positions": "positions", "angles": "angles", "unnormalized_angles": "unnormalized_angles"}


def attention(q: Tensor, k: Tensor, v: Tensor, *biases: Tensor) -> Tensor:
    """What their kernel computes: queries are scaled already."""
    return torch.softmax(sum(biases, q @ k.mT), -1) @ v


def openfold(folder: str) -> Any:
    """Their modules of a model and its configuration."""
    packages = ("openfold", "openfold.np", "openfold.utils", "openfold.data", "openfold.model")
    for name in packages:
        package = types.ModuleType(name)
        package.__path__ = [str(Path(folder, *name.split(".")))]
        sys.modules[name] = package
    kernel: Any = types.ModuleType("attn_core_inplace_cuda")
    kernel.forward_ = lambda scores, rows, columns: scores.copy_(scores.softmax(-1))
    sys.modules["attn_core_inplace_cuda"] = kernel
    for name in ("openfold.data.data_transforms", "openfold.data.data_transforms_multimer", "openfold.np.protein"):
        sys.modules[name] = types.ModuleType(name)
        setattr(sys.modules[name.rpartition(".")[0]], name.rpartition(".")[2], sys.modules[name])
    from importlib import import_module

    primitives: Any = import_module("openfold.model.primitives")
    primitives.attention_core = attention
    return import_module("openfold.config"), import_module("openfold.model.model")


def configured(config: Any, keys: dict[str, Any], model: s.Fold) -> Any:
    """Their configuration at our sizes."""
    for key, value in keys.items():
        if key == "max_recycling_iters":
            continue
        *path, last = key.split(".")
        place = config.model
        for each in path:
            place = place[each]
        place[last] = type(place[last])(value)
    width, pair = model.size.alignment, model.size.pair
    of = {
        "c_m": width.d_model,
        "c_z": pair.d_model,
        "c_s": model.size.structure.d_model,
        "c_e": model.size.extra.d_model,
    }
    trunk, extra = config.model.evoformer_stack, config.model.extra_msa.extra_msa_stack
    for each in (config.model.input_embedder, config.model.recycling_embedder, trunk, config.model.structure_module):
        each.update({name: value for name, value in of.items() if name in each})
    extra.c_z, config.model.extra_msa.extra_msa_embedder.c_out = of["c_z"], of["c_e"]
    trunk.c_hidden_msa_att, extra.c_hidden_msa_att = width.dims.head_dim, model.size.extra.dims.head_dim
    extra.no_heads_pair = pair.heads
    for stack in (trunk, extra):
        stack.c_hidden_mul, stack.c_hidden_pair_att = pair.d_model, pair.dims.head_dim
    config.model.heads.lddt.c_in = config.model.heads.experimentally_resolved.c_s = of["c_s"]
    config.model.heads.distogram.c_z = config.model.heads.tm.c_z = of["c_z"]
    config.model.heads.masked_msa.c_m = of["c_m"]
    if model.size.templates:
        small_map, template = model.size.templates.dims, config.model.template
        template.template_pair_embedder.c_out = template.template_pointwise_attention.c_t = small_map.d_model
        template.template_single_embedder.c_out = of["c_m"]
        template.template_pointwise_attention.update(
            {"c_z": of["c_z"], "c_hidden": small_map.head_dim, "no_heads": small_map.heads}
        )
        template.template_pair_stack.update(
            {
                "c_hidden_tri_att": small_map.head_dim,
                "c_hidden_tri_mul": small_map.d_model,
            }
        )
    return config


def features(read: dict[str, Tensor], theirs: Any, passes: int) -> dict[str, Tensor]:
    """Their names of what is read; each with a last axis of the passes."""
    embedders: Any = sys.modules["openfold.model.embedders"]
    extra, pairs, angles = (read.get(name) for name in ("extra_msa_feat", "template_pair_feat", "template_angle_feat"))
    theirs.build_extra_msa_feat = lambda feats: extra
    embedders.build_template_angle_feat = lambda feats: angles
    embedders.build_template_pair_feat = lambda feats, **given: read["template_pair_feat"][
        :, int(feats["template_number"][0])
    ]
    aatype = read["aatype"]
    batch, length = aatype.shape
    target = torch.nn.functional.one_hot(aatype + 1, 22).float()
    rows = {name: read[name].float() for name in ("msa_mask", "extra_msa_mask")}
    feats = {
        "aatype": aatype,
        "target_feat": target,
        "residue_index": read["residue_index"],
        "msa_feat": read["msa_feat"],
        "seq_mask": torch.ones(batch, length),
        **rows,
    }
    if pairs is not None:
        number = pairs.size(1)
        mask = read["template_angle_mask"].float()
        feats |= {
            "template_aatype": torch.zeros(batch, number, length, dtype=torch.long),
            "template_number": torch.arange(number).expand(batch, number),
            "template_mask": read["template_mask"].float(),
            "template_torsion_angles_mask": mask[..., None].expand(*mask.shape, 7),
        }
    from clados.nn.folding.geometry import IDEAL

    feats |= {"residx_atom37_to_atom14": IDEAL.named[aatype], "atom37_atom_exists": IDEAL.names[aatype]}
    return {name: each[..., None].expand(*each.shape, passes + 1) for name, each in feats.items()}


def kept(model: s.Fold, layout: s.Layout, folder: Path, source: str) -> None:
    """Write one small model, what it reads and gives, and its gradients."""
    settings, theirs = openfold(source)
    keys = to_config(layout, model)
    name = "model_1_ptm" if model.head("tm") else "model_1"
    config = configured(settings.model_config(name, train=False, low_prec=False), keys, model)
    config.globals.chunk_size = None
    ours = cn.module(model).eval()
    randomise(dict(ours.named_parameters()))
    weights = {
        key: each.detach().contiguous() for key, each in to_theirs(layout, model, dict(ours.named_parameters())).items()
    }
    made = theirs.AlphaFold(config).eval()
    made.load_state_dict(weights)
    read = with_gradients(example_inputs(model))
    out = made(features(read, theirs, model.recycling.passes))
    outputs = {name: out[key] for name, key in OUTPUTS.items() if key in out}
    outputs |= {name: out["sm"][key].transpose(0, 1) for name, key in LAYERS.items()}
    loss_of(outputs, read).backward()
    gradients = {
        key: torch.zeros_like(each) if each.grad is None else each.grad for key, each in made.named_parameters()
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gradients").mkdir(exist_ok=True)
    held = {
        "model": weights,
        "inputs": read,
        "outputs": outputs,
        "gradients/model": gradients,
        "gradients/inputs": {key: each.grad for key, each in read.items() if each.grad is not None},
    }
    for file, tensors in held.items():
        save_file({key: each.detach().contiguous() for key, each in tensors.items()}, folder / f"{file}.safetensors")
    architecture = "AlphaFoldPTM" if model.head("tm") else "AlphaFold"
    head = {"model_type": "openfold", "architectures": [architecture], "made_by": "OpenFold ce0029e"}
    text = json.dumps(nested(head | keys | dict(layout.fixed), layout.model_type), indent=2, sort_keys=True)
    (folder / "config.json").write_text(text + "\n", encoding="utf-8")
    sums = (
        f"{sha256((folder / f'{file}.safetensors').read_bytes()).hexdigest()}  {file}.safetensors\n" for file in held
    )
    (folder / "sums.txt").write_text("".join(sorted(sums, key=lambda line: line.split()[1])), encoding="utf-8")


def main() -> None:
    """Both structures."""
    declaration = declared("alphafold")
    for layout, size, folder in zip(declaration.layouts, ("model_1", "model_3"), ("alphafold", "alphafold_alone")):
        model = small(declaration.at(size))
        assert isinstance(model, s.Fold)
        kept(model, layout, HERE / folder, sys.argv[1])


if __name__ == "__main__":
    main()
