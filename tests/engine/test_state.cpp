// What a run remembers, in memory and through a file.
#include "engine/io/state.h"
#include "tests/check_error.h"
#include "tests/temporary_folder.h"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

using namespace noisegate;

TEST_CASE("a state comes back from a file to the last bit") {
  const TemporaryFolder folder;
  const std::vector<double> numbers = {0.1, -0.0, 1e-308, std::numeric_limits<double>::infinity(), 1.0 / 3};
  State written;
  written.put("weights", Tensor::from(std::vector<float>{1, 2, 3, 4}, {2, 2}));
  written.put("kept", Tensor::from(std::vector<std::uint8_t>{1, 0, 1}));
  written.put_numbers("sums", numbers);
  written.put_number("tau", 1.0 / 3);
  written.put_count("steps", 1234567890123);
  written.put_text("why", "two words");
  save_safetensors(folder.path() / "state", written.file());

  const State read(load_safetensors(folder.path() / "state"), "state");
  CHECK(read.tensor("weights").to_vector<float>() == std::vector<float>{1, 2, 3, 4});
  CHECK(read.tensor("weights").shape() == Shape{2, 2});
  CHECK(read.tensor("kept").to_vector<std::uint8_t>() == std::vector<std::uint8_t>{1, 0, 1});
  const std::vector<double> sums = read.numbers("sums");
  CHECK(sums == numbers);
  CHECK(std::signbit(sums[1]));
  CHECK(read.number("tau") == 1.0 / 3);
  CHECK(read.count("steps") == 1234567890123);
  CHECK(read.text("why") == "two words");
  CHECK(read.has("tau"));
  CHECK_FALSE(read.has("tua"));
  Tensor destination = Tensor::zeros({2, 2});
  read.copy_to("weights", destination);
  CHECK(destination.to_vector<float>() == std::vector<float>{1, 2, 3, 4});
}

TEST_CASE("what a state lacks, or has otherwise, is named together with its file") {
  TensorFile file{{{"weights", Tensor::zeros({3})}},
                  {{"steps", "12 or so"}, {"tau", "a lot"}, {"place", "-1"}}};
  const State state(file, "run/last.safetensors");
  check_error([&] { state.tensor("bias"); }, {"run/last.safetensors", "bias"});
  check_error([&] { state.count("steps"); }, {"run/last.safetensors", "steps"});
  check_error([&] { state.count("place"); }, {"run/last.safetensors", "'place' is -1"});
  CHECK(state.count("place", -2, 5) == -1);
  check_error([&] { state.count("place", -9, -2); }, {"'place' is -1", "[-9, -2]"});
  check_error([&] { state.number("tau"); }, {"run/last.safetensors", "tau"});
  check_error([&] { state.text("why"); }, {"run/last.safetensors", "why"});
  Tensor destination = Tensor::zeros({4});
  check_error([&] { state.copy_to("weights", destination); },
              {"run/last.safetensors", "weights", "(3)", "(4)"});
  State twice;
  twice.put_number("tau", 1);
  check_error([&] { twice.put_number("tau", 2); }, {"tau"}, 1);
}
