// noisegate bench data: how fast batches come, from JPEG files and from images in memory.
#include "datasets/augment/augment_image.h"
#include "datasets/augment/resample.h"
#include "datasets/batches/batches.h"
#include "engine/device.h"
#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/random.h"
#include "tools/bench/bench.h"
#include "tools/cli/command_line.h"
#include "tools/cli/device_options.h"
#include "tools/cli/output.h"
#include "tools/files/json_file.h"
#include "tools/train/stopwatch.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
// The decoder once more, as it comes: the limit is measured without what the loader puts around it.
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_JPEG
#include <stb/stb_image.h>
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#include <stb/stb_image_write.h>

namespace noisegate {
namespace {

namespace fs = std::filesystem;

constexpr int file_batch = 32, resident_batch = 128;
constexpr int quality = 90;

struct BenchOptions {
  std::string augment = "resized-crop+flip+jitter", json;
  int images = 2000, side = 256, size = 224, rounds = 3;
  DeviceOptions on{.device = "cpu"};
};

CommandLine bench_data_command_line(BenchOptions& o) {
  return {.command = "bench data",
          .summary = "times batches from JPEG files, beside decoding alone, and from images in memory",
          .options = {{"images", "N", "JPEG files, written to a folder of their own", &o.images},
                      {"side", "N", "their pixels each way", &o.side},
                      {"size", "N", "pixels each way of a batch's images", &o.size},
                      {"augment", "SPEC", "of the JPEG images", &o.augment},
                      {"rounds", "N", "of which the fastest counts, each on its own", &o.rounds},
                      o.on.row("threads"),
                      {"json", "FILE", "also write the results here", &o.json}}};
}

/// A picture that is about as hard to compress as a photograph: noise at every scale, a little weaker from
/// each scale to the next finer one.
Image cloud(int side, std::uint32_t number) {
  Philox random(1, Purpose::synthetic_data, 0, number);
  Image picture(side, side, 3), octave(side, side, 3);
  std::vector<double> sum(picture.pixels.size(), 128);
  double weight = 0.5;
  for (int cells = 2; cells <= side; cells *= 2, weight *= 0.75) {
    Image coarse(cells, cells, 3);
    for (std::uint8_t& value : coarse.pixels) value = static_cast<std::uint8_t>(random.below(256));
    const ResampleAxis axis{0, static_cast<double>(cells), side};
    resample(coarse, axis, axis, octave);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += weight * (octave.pixels[i] - 127.5);
  }
  for (std::size_t i = 0; i < sum.size(); ++i)
    picture.pixels[i] = static_cast<std::uint8_t>(std::clamp(sum[i], 0.0, 255.0));
  return picture;
}

void write_jpeg(const std::string& path, const Image& image) {
  std::string bytes;
  const auto append = [](void* text, void* data, int size) {
    static_cast<std::string*>(text)->append(static_cast<const char*>(data), static_cast<std::size_t>(size));
  };
  stbi_write_jpg_to_func(append, &bytes, image.width, image.height, 3, image.pixels.data(), quality);
  write_file_atomically(path, bytes);
}

/// A folder of JPEG files, gone with its owner.
class JpegFolder {
 public:
  JpegFolder(int images, int side)
      : folder_(fs::temp_directory_path() / fmt::format("noisegate-{}", getpid())) {
    fs::create_directories(folder_);
    for (int i = 0; i < images; ++i) {
      files_.push_back((folder_ / fmt::format("{}.jpg", i)).string());
      write_jpeg(files_.back(), cloud(side, static_cast<std::uint32_t>(i)));
    }
  }
  ~JpegFolder() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  JpegFolder(const JpegFolder&) = delete;
  JpegFolder& operator=(const JpegFolder&) = delete;

  const std::vector<std::string>& files() const { return files_; }

 private:
  fs::path folder_;
  std::vector<std::string> files_;
};

template <class Work>
double seconds_of(const Work& work) {
  const Stopwatch watch;
  work();
  return watch.seconds();
}

using Files = std::vector<std::vector<std::byte>>;

struct FreePixels {
  void operator()(stbi_uc* pixels) const { stbi_image_free(pixels); }
};

/// A file of `side` pixels each way, decoded by stb_image alone.
std::unique_ptr<stbi_uc, FreePixels> decode(const std::vector<std::byte>& file, int channels) {
  int height = 0, width = 0, channels_in_file = 0;
  return std::unique_ptr<stbi_uc, FreePixels>(
      stbi_load_from_memory(reinterpret_cast<const stbi_uc*>(file.data()), static_cast<int>(file.size()),
                            &width, &height, &channels_in_file, channels));
}

/// Each thread calls what `make_work` gives it for every file that it takes.
template <class MakeWork>
void on_all_threads(std::size_t files, const MakeWork& make_work) {
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < thread_count(); ++i)
    threads.emplace_back([&] {
      auto work = make_work();
      for (std::size_t file; (file = next++) < files;) work(file);
    });
}

/// stb_image alone, from files already in memory.
void decode_all(const Files& files, int channels) {
  on_all_threads(files.size(), [&] { return [&](std::size_t file) { decode(files[file], channels); }; });
}

/// Decoding and augmenting in a plain loop, each thread into one place: what these threads can do.
void augment_all(const Files& files, const BenchOptions& options, const Augmentation& augmentation) {
  const PixelTable table(3, {0.5f, 0.5f, 0.5f}, {1, 1, 1});
  const ImageFit fit{options.size, options.size, options.size};
  on_all_threads(files.size(), [&] {
    std::vector<float> output(static_cast<std::size_t>(options.size) * options.size * 3);
    return [&, output](std::size_t file) mutable {
      const auto pixels = decode(files[file], 4);
      augment_image({pixels.get(), options.side, options.side, 4}, fit, augmentation,
                    {1, 0, static_cast<std::uint32_t>(file)}, table, output.data());
    };
  });
}

void load_all(const Dataset& dataset, const Augmentation& augmentation) {
  const auto stream = open_batches(
      dataset, dataset.train,
      {.batches = ordered_batches(dataset.train.size(), file_batch), .augmentation = augmentation});
  while (stream->next()) {
  }
}

struct FileTimes {
  double kilobytes = 0;  // of a file, on average
  // Seconds for all images; decoding is to three channels, as pixels are used, and to four, which stb_image
  // does by vector instructions and the loader asks for.
  double decode = std::numeric_limits<double>::infinity(), decode_padded = decode;
  double loop = decode, load = decode;  // decoding and augmenting: in a plain loop, and as batches come
};

/// The fastest of each, taken in turns so that both see the machine alike.
FileTimes time_files(const BenchOptions& options) {
  const JpegFolder folder(options.images, options.side);
  Dataset dataset;
  dataset.fit = {options.size, options.size, options.size};
  dataset.train.files = folder.files();
  dataset.train.given.assign(folder.files().size(), 0);
  dataset.train.truth = dataset.train.given;
  Files files;
  FileTimes times;
  for (const std::string& file : folder.files()) {
    files.push_back(read_file(file));
    times.kilobytes += static_cast<double>(files.back().size()) / 1e3 / options.images;
  }
  const Augmentation augmentation = Augmentation::parse(options.augment);
  for (int i = 0; i < options.rounds; ++i) {
    times.decode = std::min(times.decode, seconds_of([&] { decode_all(files, 3); }));
    times.decode_padded = std::min(times.decode_padded, seconds_of([&] { decode_all(files, 4); }));
    times.loop = std::min(times.loop, seconds_of([&] { augment_all(files, options, augmentation); }));
    times.load = std::min(times.load, seconds_of([&] { load_all(dataset, augmentation); }));
  }
  return times;
}

/// The fastest batch of `rounds` times twenty, in milliseconds, of CIFAR's images under this augmentation.
double time_resident(const std::string& augment, int rounds) {
  constexpr int side = 32, samples = 1024, batches = 20;
  std::vector<std::uint8_t> pixels(samples * side * side * 3);
  Philox random(1, Purpose::test);
  for (std::uint8_t& pixel : pixels) pixel = static_cast<std::uint8_t>(random.below(256));
  const Tensor images = Tensor::from(pixels, {samples, side, side, 3});
  const Augmentation augmentation = Augmentation::parse(augment);
  const Batches plan = epoch_batches(samples, resident_batch, 1, 0);
  double fastest = std::numeric_limits<double>::infinity();
  for (int i = 0; i < rounds * batches; ++i) {
    const auto& positions = plan[i % plan.size()];
    fastest = std::min(fastest, seconds_of([&] {
                         make_batch(images, positions, augmentation, {0.5f, 0.5f, 0.5f}, {1, 1, 1}, 1, 0);
                       }));
  }
  return 1e3 * fastest;
}

nlohmann::ordered_json measure(const BenchOptions& options) {
  const FileTimes times = time_files(options);
  nlohmann::ordered_json result = {{"threads", thread_count()},
                                   {"images", options.images},
                                   {"side", options.side},
                                   {"size", options.size},
                                   {"kilobytes", times.kilobytes},
                                   {"augment", options.augment},
                                   {"decode_images_per_second", options.images / times.decode},
                                   {"decode_padded_images_per_second", options.images / times.decode_padded},
                                   {"loop_images_per_second", options.images / times.loop},
                                   {"load_images_per_second", options.images / times.load},
                                   {"share_of_decoding", times.decode / times.load},
                                   {"share_of_loop", times.loop / times.load},
                                   {"resident", nlohmann::ordered_json::array()}};
  for (const char* augment : {"none", "crop:4+flip", "crop:4+flip+rotation:15",
                              "randaugment:n=1,m=3+crop:4+flip+cutout:16", "resized-crop+flip+jitter"})
    result["resident"].push_back(
        {{"augment", augment}, {"milliseconds", time_resident(augment, options.rounds)}});
  return result;
}

void print_summary(const nlohmann::ordered_json& result) {
  const auto number = [&](const char* key) { return result[key].get<double>(); };
  say("{} JPEG files of {}x{} pixels, {:.1f} kB each, threads {}\n", result["images"].get<int>(),
      result["side"].get<int>(), result["side"].get<int>(), number("kilobytes"),
      result["threads"].get<int>());
  say("  {:8.0f} images a second: stb_image alone, to 3 channels; {:.0f} to 4\n",
      number("decode_images_per_second"), number("decode_padded_images_per_second"));
  say("  {:8.0f} decoded and augmented in a plain loop: {}\n", number("loop_images_per_second"),
      result["augment"].get<std::string>());
  say("  {:8.0f} as batches of {} images of {} pixels: {:.2f} of stb_image alone, {:.2f} of the loop\n",
      number("load_images_per_second"), file_batch, result["size"].get<int>(), number("share_of_decoding"),
      number("share_of_loop"));
  say("a batch of {} images of 32x32x3 in memory\n", resident_batch);
  for (const auto& row : result["resident"])
    say("  {:8.2f} ms  {}\n", row["milliseconds"].get<double>(), row["augment"].get<std::string>());
}

void check(const BenchOptions& options) {
  const auto require = [](bool sensible, const char* option, int value) {
    if (!sensible) reject("--{} cannot be {}", option, value);
  };
  require(options.images >= 1, "images", options.images);
  require(options.side >= 1 && options.side <= 8192, "side", options.side);
  require(options.size >= 1 && options.size <= 4096, "size", options.size);
  require(options.rounds >= 1, "rounds", options.rounds);
}

}  // namespace

int bench_data(const Arguments& arguments) {
  BenchOptions options;
  const CommandLine line = bench_data_command_line(options);
  const auto given = parse(line, arguments);
  if (!given) return 0;
  assign_given(line, *given);
  check(options);
  require_writable(options.json);
  options.on.apply();
  const nlohmann::ordered_json result = measure(options);
  print_summary(result);
  if (!options.json.empty()) save_json(options.json, result);
  return 0;
}

}  // namespace noisegate
