// Noisegate's side of tests/pytorch/compare.py. All tensors in the files have PyTorch's names and layouts,
// but for the images of a batch, which are (N,H,W,C): images.0, labels.0, images.1, …
//
//   --init FILE                                   writes freshly drawn weights
//   --weights FILE --batches FILE --probe FILE    writes logits.I and grad.I.NAME of every batch at these
//   weights
//   --weights FILE --batches FILE --train FILE    takes a step of SGD a batch; writes losses (one a step),
//                                                 inference_logits (of batch 0, afterwards) and the model's
//                                                 state
#include "engine/device.h"
#include "engine/error.h"
#include "engine/io/safetensors.h"
#include "engine/optimizer.h"
#include "layers/model_file.h"
#include "layers/models.h"
#include "losses/registry.h"
#include "tools/cli/command_line.h"

#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace noisegate {
namespace {

struct Arguments {
  std::string model, init, weights, batches, probe, train, convolution = "auto";
  int classes = 10, threads = 0;
  double learning_rate = 0.01;
  SgdOptions sgd;
};

struct Batch {
  Tensor images, labels;
};

std::vector<Batch> read_batches(const std::string& path) {
  std::map<std::string, Tensor> found;
  for (NamedTensor& named : load_safetensors(path).tensors) found.emplace(named.name, named.tensor);
  std::vector<Batch> batches;
  for (;;) {
    const std::string step = std::to_string(batches.size());
    if (!found.contains("images." + step)) break;
    batches.push_back({found.at("images." + step), found.at("labels." + step)});
  }
  if (batches.empty()) reject("{}: holds no tensor images.0", path);
  return batches;
}

TensorFile probe(Module& model, const std::vector<Batch>& batches, const Loss& loss) {
  TensorFile results;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const Variable logits = model(Variable(batches[i].images));
    backward(loss(logits, batches[i].labels));
    results.tensors.push_back({fmt::format("logits.{}", i), logits.value()});
    for (auto& [name, variable, interchange] : model.parameters()) {
      const Tensor gradient = to_pytorch_layout(variable.grad(), interchange);
      results.tensors.push_back({fmt::format("grad.{}.{}", i, name), gradient.clone()});
      variable.clear_grad();
    }
  }
  return results;
}

TensorFile train(Module& model, const std::vector<Batch>& batches, const Loss& loss,
                 const Arguments& arguments) {
  Sgd sgd(model.variables(), arguments.sgd);
  std::vector<float> losses;
  for (const auto& [images, labels] : batches) {
    const Variable value = loss(model(Variable(images)), labels);
    losses.push_back(static_cast<float>(value.value().item()));
    backward(value);
    sgd.step(arguments.learning_rate);
  }

  model.set_training(false);
  const NoGrad no_grad;
  TensorFile results;
  results.tensors.push_back({"losses", Tensor::from(losses)});
  results.tensors.push_back({"inference_logits", model(Variable(batches[0].images)).value()});
  for (const auto& [name, variable, interchange] : model.parameters()) {
    results.tensors.push_back({name, to_pytorch_layout(variable.value(), interchange)});
  }
  for (const auto& [name, tensor] : model.buffers()) results.tensors.push_back({name, tensor});
  return results;
}

CommandLine command_line(Arguments& a) {
  return {.command = "dump_steps",
          .summary = "runs training steps for tests/pytorch/compare.py",
          .options = {{"model", "SPEC", "see noisegate list models", &a.model},
                      {"classes", "K", "of the model", &a.classes},
                      {"threads", "N", "of the CPU, 0: one a core", &a.threads},
                      {"conv", "NAME", "auto, direct", &a.convolution},
                      {"init", "FILE", "write freshly drawn weights", &a.init},
                      {"weights", "FILE", "read the weights", &a.weights},
                      {"batches", "FILE", "read the batches", &a.batches},
                      {"probe", "FILE", "write logits and gradients", &a.probe},
                      {"train", "FILE", "write what steps of SGD give", &a.train},
                      {"lr", "X", "learning rate", &a.learning_rate},
                      {"momentum", "X", "of SGD", &a.sgd.momentum},
                      {"weight-decay", "X", "of SGD", &a.sgd.weight_decay},
                      {"nesterov", "", "of SGD", &a.sgd.nesterov}}};
}

void run(const Arguments& arguments) {
  set_thread_count(arguments.threads);
  set_convolution_algorithm(parse_convolution_algorithm(arguments.convolution));
  const auto model =
      make_model(Spec(arguments.model, "--model"), ImageFormat{}, arguments.classes, /*seed=*/1);
  if (!arguments.init.empty()) return save_model(*model, arguments.init);

  load_model(*model, arguments.weights);
  const std::vector<Batch> batches = read_batches(arguments.batches);
  const auto loss = make_loss(Spec("ce", "--loss"));
  if (!arguments.probe.empty()) save_safetensors(arguments.probe, probe(*model, batches, *loss));
  if (!arguments.train.empty()) save_safetensors(arguments.train, train(*model, batches, *loss, arguments));
}

}  // namespace
}  // namespace noisegate

int main(int argc, char** argv) {
  using namespace noisegate;
  try {
    Arguments arguments;
    const CommandLine line = command_line(arguments);
    const auto given = parse(line, {argv + 1, argv + argc});
    if (!given) return 0;
    assign_given(line, *given);
    run(arguments);
    return 0;
  } catch (const Error& error) {
    std::fprintf(stderr, "noisegate_dump_steps: %s\n", error.what());
    return error.exit_code();
  }
}
