#!/usr/bin/env python3
"""Weights travel between Noisegate and PyTorch as users send them: through the command line and safetensors.

    tests/pytorch/exchange.py --noisegate build/noisegate          (needs torch, safetensors and Pillow)

For each reference network (reference_models.py; with torchvision also its ResNet-50, which is where ImageNet's
weights come from):

    ours to theirs     a model that `noisegate train` left is loaded with load_file and load_state_dict; logits of its
                       test images beside those of `noisegate eval --logits`: the largest difference, as a part of
                       the largest logit where that is above 1                                        at most 1e-4
    theirs to ours     PyTorch's own weights, batch norms moved off their start, saved with save_file, in place of the
                       run's model; the same comparison                                               at most 1e-4
    --init             a run that starts from PyTorch's weights and takes steps too small to see leaves the same
                       weights; for another number of classes, all but the classifier's               equal
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from reference_models import MODELS, make_model

CLASSES, SIZE = 10, 32
MEAN, DEVIATION = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])  # of the dataset `list`


def torchvision_resnet50(classes):
    from torchvision.models import resnet50

    return resnet50(num_classes=classes)


def write_images(folder, count=64):
    """A dataset of noise as PNG files, its lists naming CLASSES classes and one more; returns what PyTorch sees."""
    pixels = np.random.default_rng(1).integers(0, 256, (count, SIZE, SIZE, 3), dtype=np.uint8)
    for classes in (CLASSES, CLASSES + 1):
        lines = [f"{i}.png {i % classes}" for i in range(count)]
        for name in ("train", "test"):
            (folder / f"{name}{classes}.txt").write_text("\n".join(lines) + "\n")
    for i, image in enumerate(pixels):
        Image.fromarray(image).save(folder / f"{i}.png")
    return ((torch.from_numpy(pixels) / 255 - MEAN) / DEVIATION).permute(0, 3, 1, 2).contiguous()


def move_batch_norms(model, images):
    """Off their start, so that mixing scale, shift, mean and variance up would show; the statistics are those of the
    images, as after training."""
    generator = torch.Generator().manual_seed(3)
    for norm in model.modules():
        if isinstance(norm, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            norm.weight.data.copy_(0.9 + 0.2 * torch.rand(norm.weight.shape, generator=generator))
            norm.bias.data.copy_(0.1 + 0.2 * torch.rand(norm.bias.shape, generator=generator))
            norm.momentum = 1.0
    model.train()
    with torch.no_grad():
        model(images)


class Noisegate:
    def __init__(self, program, folder, model):
        self.program, self.folder, self.model = program.resolve(), folder, model

    def run(self, *words):
        done = subprocess.run([str(word) for word in (self.program, *words)], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(map(str, words))}: {done.stderr}")
        return done.stderr

    def train(self, out, classes=CLASSES, *options):
        dataset = f"list:train=train{classes}.txt,test=test{classes}.txt,size={SIZE},resize={SIZE}"
        return self.run("train", "--dataset", dataset, "--data", self.folder, "--model", self.model,
                        "--augment", "none", "--epochs", 1, "--batch-size", 32, "--out", self.folder / out, *options)

    def logits(self, run):
        self.run("eval", "--run", self.folder / run, "--logits", self.folder / "logits.npy")
        return torch.from_numpy(np.load(self.folder / "logits.npy"))


def logits_of(model, images):
    model.eval()
    with torch.no_grad():
        return model(images)


def largest_difference(logits, reference):
    return ((logits - reference).abs().max() / reference.abs().max().clamp(min=1)).item()


def is_same(ours, theirs):
    """But for steps of 1e-30, which show in a weight that was drawn as 0."""
    return ours.shape == theirs.shape and torch.allclose(ours, theirs, rtol=0, atol=1e-20)


def compare(noisegate, new_model, images, folder):
    """The two differences, and whether --init kept what it should."""
    noisegate.train("run", CLASSES, "--lr", 0.001)
    model = new_model(CLASSES)
    model.load_state_dict(load_file(folder / "run" / "model.safetensors"))
    there = largest_difference(noisegate.logits("run"), logits_of(model, images))

    torch.manual_seed(4)
    model = new_model(CLASSES)
    move_batch_norms(model, images)
    weights = folder / "theirs.safetensors"
    save_file(model.state_dict(), weights)
    (folder / "run" / "model.safetensors").write_bytes(weights.read_bytes())
    back = largest_difference(noisegate.logits("run"), logits_of(model, images))

    still = ("--init", weights, "--lr", 1e-30, "--weight-decay", 0)
    notice = noisegate.train("same", CLASSES, *still)
    other_notice = noisegate.train("other", CLASSES + 1, *still)
    same, other = (load_file(folder / run / "model.safetensors") for run in ("same", "other"))
    parameters = dict(model.named_parameters())
    classifier = list(parameters)[-1].rsplit(".", 1)[0] + "."
    kept = (all(is_same(same[key], tensor) for key, tensor in parameters.items()) and
            all(is_same(other[key], tensor) != key.startswith(classifier) for key, tensor in parameters.items()) and
            "afresh" in other_notice and "afresh" not in notice)
    return there, back, kept


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--noisegate", required=True, type=Path, help="the program")
    arguments = parser.parse_args()

    networks = {name: lambda classes, name=name: make_model(name, classes) for name in MODELS}
    try:
        import torchvision  # noqa: F401
        networks["resnet50:stem=imagenet"] = torchvision_resnet50
    except ImportError:
        print("torchvision is not there: its ResNet-50 is left out")

    good = True
    print(f"{'model':<24}{'ours to theirs':>16}{'theirs to ours':>16}{'--init':>8}")
    for name, new_model in networks.items():
        with tempfile.TemporaryDirectory() as name_of_folder:
            folder = Path(name_of_folder)
            images = write_images(folder)
            there, back, kept = compare(Noisegate(arguments.noisegate, folder, name), new_model, images, folder)
        good = good and max(there, back) <= 1e-4 and kept
        print(f"{name:<24}{there:>16.1e}{back:>16.1e}{'equal' if kept else 'NOT':>8}", flush=True)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
