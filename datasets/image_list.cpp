#include "datasets/image_list.h"

#include "datasets/image_list_file.h"
#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/text.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace noisegate {
namespace fs = std::filesystem;
namespace {

constexpr std::int32_t most_classes = 100'000;
constexpr int largest_side = 4096, most_samples = 1'000'000'000;
using LabelMap = std::map<std::int32_t, std::int32_t>;

std::string read_text(const fs::path& file) {
  const auto bytes = read_file(file);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The file that the option names, or the default one; an empty path where it names none and that is not
/// there.
fs::path find_file(const ListOptions& options, const std::string& key, const std::string& named,
                   const std::string& fallback) {
  std::error_code error;
  const fs::path file = options.folder / (named.empty() ? fallback : named);
  if (fs::is_regular_file(file, error)) return file;
  if (!named.empty()) reject("list: {}={} names no file: there is no {}", key, named, file.string());
  return {};
}

fs::path require_file(const ListOptions& options, const std::string& key, const std::string& named,
                      const std::string& fallback) {
  const fs::path file = find_file(options, key, named, fallback);
  if (file.empty())
    reject("list needs a {} list: there is no {}; name one by {}=FILE", key,
           (options.folder / fallback).string(), key);
  return file;
}

/// A list file as it was read.
struct List {
  fs::path file;
  std::vector<ListEntry> entries;
};

List read_list(const fs::path& file) {
  return {file, parse_list(read_text(file), file.string())};
}

/// The labels that occur, in their order, as classes 0, 1, ….
LabelMap numbered_labels(const List& list) {
  std::set<std::int32_t> labels;
  for (const ListEntry& entry : list.entries) labels.insert(entry.label);
  LabelMap map;
  for (const std::int32_t label : labels) map.emplace(label, static_cast<std::int32_t>(map.size()));
  return map;
}

/// What is known of labels: how many classes there are and which label stands for which.
struct Classes {
  int count = 0;
  std::vector<std::string> names;
  std::optional<LabelMap> map;
  bool may_leave_out = false;  // labels that the map does not name
};

std::int32_t largest_class(const Classes& classes, const List& train) {
  std::int32_t largest = 0;
  if (classes.map) {
    for (const auto& [label, number] : *classes.map) largest = std::max(largest, number);
  } else {
    for (const ListEntry& entry : train.entries) largest = std::max(largest, entry.label);
  }
  return largest;
}

Classes read_classes(const ListOptions& options, const List& train) {
  Classes classes;
  if (options.remap && !options.map.empty()) reject("list: map and remap exclude each other");
  if (options.remap) classes.map = numbered_labels(train);
  if (!options.map.empty()) {
    const fs::path file = find_file(options, "map", options.map, "");
    classes.map = parse_label_map(read_text(file), file.string());
    classes.may_leave_out = true;
  }
  const std::int32_t largest = largest_class(classes, train);
  if (largest >= most_classes)
    reject("{} has the class {}, where at most {} classes can be; remap=1 numbers its labels from 0",
           train.file.string(), largest, most_classes);
  classes.count = largest + 1;
  const fs::path names = find_file(options, "classes", options.classes, "classes.txt");
  if (names.empty()) {
    for (int i = 0; i < classes.count; ++i) classes.names.push_back(std::to_string(i));
    return classes;
  }
  classes.names = parse_class_names(read_text(names), names.string());
  const int named = static_cast<int>(classes.names.size());
  if (named < classes.count)
    reject("{} names {} classes, but there is a class {}", names.string(), named, largest);
  if (named > most_classes)
    reject("{} names {} classes, where at most {} can be", names.string(), named, most_classes);
  classes.count = named;
  return classes;
}

/// The entry's class; nothing where its label is to be left out.
std::optional<std::int32_t> class_of(const ListEntry& entry, const Classes& classes, const fs::path& file) {
  std::int32_t label = entry.label;
  if (classes.map) {
    const auto found = classes.map->find(label);
    if (found == classes.map->end() && classes.may_leave_out) return std::nullopt;
    if (found == classes.map->end())
      reject("{}: line {} has the label {}, which the training list does not have", file.string(), entry.line,
             label);
    label = found->second;
  }
  if (label >= classes.count)
    reject("{}: line {} has the label {}, but there are {} classes", file.string(), entry.line, entry.label,
           classes.count);
  return label;
}

/// Where the entry's image is; nothing where it is missing.
std::optional<std::string> find_image(const ListEntry& entry, const fs::path& folder, const fs::path& list) {
  std::error_code error;
  for (const fs::path& base : {folder, list.parent_path()}) {
    const fs::path image = base / entry.path;
    if (fs::is_regular_file(image, error)) return image.string();
  }
  return std::nullopt;
}

/// What happened to a list's entries.
class Tally {
 public:
  explicit Tally(const List& list) : list_(list) {}

  void leave_out() { ++left_out_; }
  void miss(const ListEntry& entry) {
    if (missing_++ == 0) first_missing_ = fmt::format("{} of line {}", shown(entry.path), entry.line);
  }

  void require_nothing_missing() const {
    if (missing_ > 0)
      reject("{}: {}; skip-bad=1 leaves such images out", list_.file.string(), missing_text());
  }
  std::vector<std::string> notes() const {
    std::vector<std::string> notes;
    const std::string file = printable(list_.file.string());
    if (left_out_ > 0)
      notes.push_back(fmt::format("{}: {} of {} images are left out, for the map does not name their label",
                                  file, left_out_, list_.entries.size()));
    if (missing_ > 0) notes.push_back(fmt::format("{}: {}; left out", file, missing_text()));
    return notes;
  }

 private:
  std::string missing_text() const {
    return fmt::format("{} of {} images {} missing, the first {}", missing_, list_.entries.size(),
                       missing_ == 1 ? "is" : "are", first_missing_);
  }

  const List& list_;
  std::int64_t left_out_ = 0, missing_ = 0;
  std::string first_missing_;
};

ImageSet make_set(const List& list, const ListOptions& options, const Classes& classes,
                  std::vector<std::string>& notes) {
  ImageSet set;
  Tally tally(list);
  for (const ListEntry& entry : list.entries) {
    const auto label = class_of(entry, classes, list.file);
    if (!label) {
      tally.leave_out();
      continue;
    }
    auto image = find_image(entry, options.folder, list.file);
    if (!image) {
      tally.miss(entry);
      continue;
    }
    set.files.push_back(std::move(*image));
    set.truth.push_back(*label);
  }
  if (!options.skip_bad) tally.require_nothing_missing();
  const std::vector<std::string> said = tally.notes();
  notes.insert(notes.end(), said.begin(), said.end());
  if (set.files.empty()) reject("{}: no image is left ({})", list.file.string(), said.back());
  set.given = set.truth;
  return set;
}

/// Of the shorter side, which a batch's images are cut from.
int resize_of(const Values& values) {
  const int size = values.integer("size");
  const bool is_given = values.given("resize");
  const int resize = is_given || size == 224 ? values.integer("resize") : size;
  if (resize < size)
    reject("{}: resize must be at least the size of {}, not {}", values.spec().where(), size, resize);
  return resize;
}

Dataset load_named(const Values& values, const fs::path& folder) {
  return load_list({.folder = folder,
                    .train = values.word("train"),
                    .validation = values.word("val"),
                    .test = values.word("test"),
                    .classes = values.word("classes"),
                    .map = values.word("map"),
                    .remap = values.flag("remap"),
                    .per_class = values.integer("per-class"),
                    .size = values.integer("size"),
                    .resize = resize_of(values),
                    .skip_bad = values.flag("skip-bad")});
}

}  // namespace

Dataset load_list(const ListOptions& options) {
  std::error_code error;
  if (!options.folder.empty() && !fs::is_directory(options.folder, error))
    reject("--data {}: there is no such folder", options.folder.string());
  const List train = read_list(require_file(options, "train", options.train, "train.txt"));
  const List test = read_list(require_file(options, "test", options.test, "test.txt"));
  const fs::path validation = find_file(options, "val", options.validation, "val.txt");
  const Classes classes = read_classes(options, train);
  if (classes.count < 2)
    reject("{} has one class alone, so there is nothing to tell it apart from", train.file.string());

  Dataset dataset{.name = "list",
                  .classes = classes.count,
                  .class_names = classes.names,
                  .train = {},
                  .test = {},
                  .validation = {},
                  .mean = {0.485f, 0.456f, 0.406f},  // ImageNet's
                  .deviation = {0.229f, 0.224f, 0.225f},
                  .fit = {options.size, options.size, options.resize},
                  .skip_bad = options.skip_bad,
                  .per_class = options.per_class,
                  .notes = {}};
  dataset.train = make_set(train, options, classes, dataset.notes);
  dataset.test = make_set(test, options, classes, dataset.notes);
  if (!validation.empty())
    dataset.validation = make_set(read_list(validation), options, classes, dataset.notes);
  return dataset;
}

DatasetReader list_reader() {
  using namespace parameter;
  return {{{.name = "list",
            .what = "JPEG and PNG files named in text files, a 'PATH LABEL' a line",
            .parameters = {path("train", "the training list; by default train.txt"),
                           path("val", "the validation list; by default val.txt, if it is there"),
                           path("test", "the test list; by default test.txt"),
                           path("classes", "names, one a line; by default classes.txt, if it is there"),
                           path("map", "a 'LABEL CLASS' a line; other labels are left out"),
                           flag("remap", false, "with 1 the training list's labels become 0, 1, ..."),
                           integer("per-class", 0, {0, most_samples}, "of a class in an epoch; 0: all",
                                   "samples"),
                           integer("size", 224, {1, largest_side}, "each way of a batch's images", "pixels"),
                           integer("resize", 256, {1, largest_side},
                                   "of the shorter side, before a cut; by default size where that is not 224",
                                   "pixels"),
                           flag("skip-bad", false, "with 1 images that cannot be read are left out")}},
           load_named},
          [](const fs::path& folder) {
            std::error_code error;
            return fs::is_regular_file(folder / "train.txt", error);
          },
          "train.txt"};
}

}  // namespace noisegate
