// Human labels: the archives that they come in, in every form that PyTorch and NumPy write, and broken ones.
#include "engine/io/files.h"
#include "engine/io/npy.h"
#include "noise/label_archive.h"
#include "noise/models.h"
#include "tests/check_error.h"
#include "tests/label_archive_bytes.h"
#include "tests/temporary_folder.h"

#include <doctest/doctest.h>

using namespace noisegate;
using Integers = std::vector<std::int64_t>;

namespace {

/// 200 is no ASCII: its byte is two in the text that protocol 2 makes of bytes.
const Integers labels = {6, 9, 200, 4};

std::string encoded_array(const Integers& values) {
  return pickled_array("i8", static_cast<std::int32_t>(values.size()), encoded_bytes(little_endian(values)));
}

LabelArchive archive_of(const std::string& bytes) {
  return {bytes_of(bytes), "labels.pt"};
}

/// What is read from the pickle of a dictionary whose value for "y" is this piece.
Integers read_piece(const std::string& piece, std::vector<StoredFile> storages = {}) {
  return archive_of(torch_archive(pickled_dictionary({{"y", piece}}), std::move(storages))).integers("y");
}

void check_broken(const std::string& bytes, const std::vector<std::string>& parts) {
  check_error([&] { archive_of(bytes).integers("y"); }, parts);
}

/// The bytes with `from` replaced by `to` where it stands first.
std::string changed(std::string bytes, const std::string& from, const std::string& to) {
  const std::size_t at = bytes.find(from);
  REQUIRE(at != std::string::npos);
  return bytes.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("integers are read in every form that NumPy and PyTorch write") {
  const std::string eight = little_endian(labels);
  CHECK(read_piece(encoded_array(labels)) == labels);
  CHECK(read_piece(pickled_array("i8", 4, pickled_bytes(eight))) == labels);
  CHECK(read_piece(pickled_array(
            "i4", 4, pickled_bytes(little_endian(std::vector<std::int32_t>{6, 9, 200, 4})))) == labels);
  CHECK(read_piece(pickled_array(
            "i2", 2, pickled_bytes(little_endian(std::vector<std::int16_t>{-1, 300})))) == Integers{-1, 300});
  CHECK(read_piece(pickled_array("u1", 4, pickled_bytes("\x06\x09\xc8\x04"), "|")) == labels);
  CHECK(read_piece(pickled_array("i1", 1, pickled_bytes("\xff"), "|")) == Integers{-1});
  CHECK(read_piece(joined({"](K\x06K\x09K\xc8M\x04", std::string_view("\0", 1), "e"})) == labels);
  CHECK(read_piece("K\x06K\x09\x86") == Integers{6, 9});
  CHECK(read_piece("]") == Integers{});
  // Numbers of NumPy, as a list of an array's items has them.
  CHECK(read_piece(joined({"](cnumpy._core.multiarray\nscalar\n", pickled_type("i2"),
                           pickled_bytes("\x01\x02"), "\x86Re"})) == Integers{513});

  const std::vector<StoredFile> storages = {{"0", eight}, {"1", "\x06\x09\xc8\x04"}};
  CHECK(read_piece(pickled_tensor("LongStorage", "0", 0, 4), storages) == labels);
  CHECK(read_piece(pickled_tensor("ByteStorage", "1", 0, 4), storages) == labels);
  CHECK(read_piece(pickled_tensor("LongStorage", "0", 1, 2), storages) == Integers{9, 200});  // a view
}

TEST_CASE("archives differ in their folder, and NumPy's have none") {
  const std::string pickle = pickled_dictionary({{"x", "N"}, {"y", encoded_array(labels)}});
  for (const std::string folder : {"archive", "CIFAR-10_human", "a/b"})
    CHECK(archive_of(torch_archive(pickle, {}, folder)).integers("y") == labels);
  CHECK(archive_of(torch_archive(pickle)).keys() == std::vector<std::string>{"x", "y"});
  CHECK(archive_of(object_npy(pickle)).integers("y") == labels);
  // numpy.save wraps the dictionary in an array of one object.
  const std::string_view dictionary = std::string_view(pickle).substr(2, pickle.size() - 3);
  const std::string wrapped =
      joined({"\x80\x02", pickled_array("O8", 1, joined({"](", dictionary, "e"}), "|"), "."});
  CHECK(archive_of(object_npy(wrapped)).integers("y") == labels);

  check_error([&] { archive_of(torch_archive(pickle)).integers("z"); }, {"labels.pt", "no z", "x, y"});
  check_error([&] { archive_of(torch_archive(pickle)).integers("x"); }, {"labels.pt", "x is no array"});
}

TEST_CASE("nothing in a pickle is run, and what is no array of integers is refused") {
  check_broken(torch_archive(pickled_dictionary(
                   {{"y", joined({"cos\nsystem\n", pickled_text("touch owned"), "\x85R"})}})),
               {"y is no array of integers"});
  CHECK_FALSE(std::filesystem::exists("owned"));

  const auto refused = [](const std::string& piece, std::vector<StoredFile> storages = {}) {
    check_error([&] { read_piece(piece, storages); }, {"labels.pt", "y is no array of integers"});
  };
  refused(pickled_array("i8", 4, pickled_bytes(little_endian(Integers{1, 2}))));  // too few
  refused(pickled_array("i8", -1, pickled_bytes("")));
  refused(pickled_array("f8", 1, pickled_bytes(little_endian(1.0))));
  refused(pickled_array("i8", 1, pickled_bytes(little_endian(std::int64_t{1})), ">"));
  refused(pickled_array("i8", 1, pickled_text("12345678")));
  refused(pickled_array("i8", 1, changed(encoded_bytes("12345678"), "latin1", "utf-16")));
  refused(changed(encoded_array({1}), "numpy\ndtype", "numpy\nvoids"));
  refused("](K\x01Ne");
  refused(pickled_text("1"));
  refused(pickled_tensor("LongStorage", "0", 0, 4));  // no such storage
  refused(pickled_tensor("LongStorage", "0", 0, 4), {{"0", "1234567"}});
  refused(pickled_tensor("LongStorage", "0", -1, 1), {{"0", "12345678"}});
  refused(pickled_tensor("LongStorage", "0", 1, 1), {{"0", "12345678"}});
  refused(pickled_tensor("FloatStorage", "0", 0, 1), {{"0", "12345678"}});
  refused(
      "]q\x01(h\x01"
      "e");  // a list that holds itself
}

TEST_CASE("broken pickles are refused") {
  const auto refused = [](const std::string& pickle, const std::vector<std::string>& parts) {
    check_broken(torch_archive(pickle), parts);
  };
  refused("", {"ends too early"});
  refused("}.", {"protocol 2"});
  refused("\x80\x05}.", {"protocol 5"});
  refused("\x80\x02]", {"ends too early"});
  refused("\x80\x02.", {"more values than it has"});
  refused("\x80\x02}}.", {"leaves values behind"});
  refused("\x80\x02}(.", {"more values than it has"});
  refused("\x80\x02}(K\x01u.", {"key without a value"});
  refused("\x80\x02](K\x01K\x02u.", {"not made for it"});
  refused("\x80\x02}h\x01.", {"not remembered"});
  refused("\x80\x02}u.", {"no mark"});
  refused(
      "\x80\x02K\x01K\x02"
      "b.",
      {"not made for it"});
  refused("\x80\x02].", {"no dictionary"});
  refused("\x80\x02i.", {"opcode 0x69"});                                        // INST, of protocol 0
  refused("\x80\x02\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.", {"ends too early"});  // a text of 2⁶³ bytes
  refused(
      "\x80\x02\x8a\x09"
      "123456789.",
      {"64 bits"});
  refused(joined({"\x80\x02", std::string((1 << 23) + 1, 'N')}), {"too many values"});
}

TEST_CASE("broken zip archives are refused") {
  const std::string good = torch_archive(pickled_dictionary({{"y", encoded_array(labels)}}));
  CHECK(archive_of(good).integers("y") == labels);
  CHECK(archive_of(good.substr(0, good.size() - 2) + little_endian(std::uint16_t{3}) + "abc").integers("y") ==
        labels);  // a comment

  check_broken("", {"neither", ".pt", ".npy"});
  check_broken("\x80\x02}.", {"neither"});
  check_broken("PK", {"too short"});
  check_broken(joined({"PK", std::string(100, '\0')}), {"no end record"});
  check_broken(stored_zip({}), {"no data.pkl"});
  check_broken(stored_zip({{"archive/version", "3"}}), {"no data.pkl"});
  check_broken(stored_zip({{"a/data.pkl", "1"}, {"a/data.pkl", "1"}}), {"twice"});
  check_broken(stored_zip({{"a/data.pkl", "\x80\x02}."}, {"a/byteorder", "big"}}), {"big-endian"});
}

TEST_CASE("whatever byte of an archive is cut off or changed, it is read or refused") {
  const std::string good = torch_archive(pickled_dictionary({{"y", encoded_array({1, 2})}}));
  const auto survives = [](const std::string& bytes) {
    try {
      return archive_of(bytes).integers("y") == Integers{1, 2};
    } catch (const Error& error) {
      return error.cause() == Error::Cause::input;
    }
  };
  for (std::size_t size = 0; size < good.size(); ++size) CHECK(survives(good.substr(0, size)));
  for (std::size_t i = 0; i < good.size(); ++i)
    for (const int flip : {1, 0x80, 0xff}) {
      std::string bytes = good;
      bytes[i] = static_cast<char>(bytes[i] ^ flip);
      CAPTURE(i);
      CHECK(survives(bytes));  // a changed label would be told by the checksum
    }
}

TEST_CASE("zip bombs are refused: files that share bytes, are compressed, or lie about their size") {
  const std::string good = stored_zip({{"a/data.pkl", std::string(100, 'x')}});
  const std::size_t directory = good.find("PK\x01\x02");
  const auto with = [&](std::size_t offset, const std::string& bytes) {
    return std::string(good).replace(directory + offset, bytes.size(), bytes);
  };
  check_broken(with(10, "\x08"), {"compressed"});  // method: deflate
  check_broken(with(8, "\x01"), {"encrypted"});
  check_broken(with(24, "\xff\xff\xff\x7f"), {"compressed"});                      // unpacked size
  check_broken(with(20, "\xff\xff\xff\x7f\xff\xff\xff\x7f"), {"ends too early"});  // both sizes
  check_broken(with(20, "\xff\xff\xff\xff\xff\xff\xff\xff"), {"ends too early"});  // zip64
  check_broken(with(16, "\x01\x02\x03\x04"), {"checksum"});
  check_broken(with(42, "\x05"), {"no header"});
  check_broken(with(46, "b"), {"two names"});

  // Two entries of the directory for the same bytes.
  std::string twice = good.substr(directory, good.find("PK\x05\x06") - directory);
  std::string shared = good.substr(0, directory) + twice + twice + good.substr(good.find("PK\x05\x06"));
  shared[shared.size() - 12] = 2;  // entries
  check_broken(shared, {"twice"});
}

namespace {

constexpr int samples = 40;

Labels turns(int classes, int shift) {
  Labels result(samples);
  for (int i = 0; i < samples; ++i) result[i] = (i + shift) % classes;
  return result;
}

std::string array_of(const Labels& values) {
  return encoded_array({values.begin(), values.end()});
}

/// A folder with published labels: the true class is that of turns(classes, 0), each set shifts it by another
/// number.
class PublishedLabels {
 public:
  PublishedLabels() {
    write("CIFAR-10_human.pt",
          torch_archive(pickled_dictionary({{"clean_label", array_of(turns(10, 0))},
                                            {"worse_label", array_of(turns(10, 1))},
                                            {"aggre_label", array_of(turns(10, 2))},
                                            {"random_label1", array_of(turns(10, 3))},
                                            {"random_label2", array_of(turns(10, 4))},
                                            {"random_label3", array_of(turns(10, 5))}})));
    write("CIFAR-100_human.pt",
          torch_archive(pickled_dictionary({{"clean_label", array_of(turns(100, 0))},
                                            {"noisy_label", array_of(turns(100, 6))},
                                            {"clean_coarse_label", array_of(turns(20, 0))},
                                            {"noisy_coarse_label", array_of(turns(20, 7))}})));
  }

  std::string write(const std::string& name, const std::string& contents) const {
    write_file_atomically(folder_.path() / name, contents);
    return (folder_.path() / name).string();
  }
  Labels noisy(const std::string& spec, int classes, int limit = samples) const {
    NoiseInput input{.classes = classes, .data = folder_.path(), .samples_in_all = samples};
    input.truth = turns(classes, 0);
    input.truth.resize(limit);
    return make_noise(Spec(spec, "--noise"), input).given;
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

 private:
  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("human labels are found by name in the data folder") {
  const PublishedLabels published;
  CHECK(published.noisy("human:worst", 10) == turns(10, 1));
  CHECK(published.noisy("human", 10) == turns(10, 1));
  CHECK(published.noisy("human:aggregate", 10) == turns(10, 2));
  CHECK(published.noisy("human:random1", 10) == turns(10, 3));
  CHECK(published.noisy("human:random2", 10) == turns(10, 4));
  CHECK(published.noisy("human:random3", 10) == turns(10, 5));
  CHECK(published.noisy("human:noisy", 100) == turns(100, 6));
  CHECK(published.noisy("human:noisy", 20) == turns(20, 7));  // CIFAR-100's superclasses
  CHECK(published.noisy("human:worst,file=" + published.path("CIFAR-10_human.pt"), 10) == turns(10, 1));
  Labels first = turns(10, 1);
  first.resize(7);
  CHECK(published.noisy("human:worst", 10, 7) == first);
}

TEST_CASE("human labels in another order are put in order, or refused") {
  const PublishedLabels published;
  Labels clean(samples), worse(samples);
  std::vector<std::int64_t> order(samples);
  for (int row = 0; row < samples; ++row) {
    order[row] = (7 * row + 3) % samples;  // 7 and 40 have no common divisor
    clean[row] = turns(10, 0)[order[row]];
    worse[row] = turns(10, 1)[order[row]];
  }
  const std::string file = published.write(
      "CIFAR-10_human_ordered.npy",
      object_npy(pickled_dictionary({{"clean_label", array_of(clean)}, {"worse_label", array_of(worse)}})));
  const std::string order_file = published.path("order.npy");
  save_numpy<std::int64_t>(order_file, {samples}, order);
  CHECK(published.noisy("human:worst,file=" + file + ",order=" + order_file, 10) == turns(10, 1));
  check_error([&] { published.noisy("human:worst,file=" + file, 10); }, {file, "sample 0", "another order"});

  order[5] = order[6];
  save_numpy<std::int64_t>(order_file, {samples}, order);
  check_error([&] { published.noisy("human:worst,file=" + file + ",order=" + order_file, 10); },
              {order_file, "row 6", "twice"});
  order[0] = samples;
  save_numpy<std::int64_t>(order_file, {samples}, order);
  check_error([&] { published.noisy("human:worst,file=" + file + ",order=" + order_file, 10); },
              {order_file, "row 0", "40"});
  save_numpy<std::int64_t>(order_file, {2}, std::vector<std::int64_t>{0, 1});
  check_error([&] { published.noisy("human:worst,file=" + file + ",order=" + order_file, 10); },
              {order_file, "2 samples", "40 labels"});
}

TEST_CASE("human labels that are not there or do not fit are refused") {
  const PublishedLabels published;
  check_error([&] { published.noisy("human:wurst", 10); }, {"wurst", "worst, aggregate, random1"});
  check_error([&] { published.noisy("human:worst", 100); }, {"noisy", "worst"});
  check_error([&] { published.noisy("human:worst", 7); }, {"7 classes"});
  check_error([&] { published.noisy("human:worst,file=nowhere.pt", 10); }, {"nowhere.pt"});
  std::filesystem::remove(published.path("CIFAR-10_human.pt"));
  check_error([&] { published.noisy("human:worst", 10); },
              {published.path("CIFAR-10_human.pt"), "file=PATH"});

  const auto publish = [&](const Labels& clean, const Labels& worse) {
    published.write("CIFAR-10_human.pt",
                    torch_archive(pickled_dictionary(
                        {{"clean_label", array_of(clean)}, {"worse_label", array_of(worse)}})));
  };
  publish(turns(10, 1), turns(10, 1));
  check_error([&] { published.noisy("human:worst", 10); },
              {"true label of sample 0 is 1", "0 in the dataset"});
  publish({0, 1}, {0, 1});
  check_error([&] { published.noisy("human:worst", 10); }, {"2 rows", "40 samples"});
  publish(turns(10, 0), turns(11, 0));
  check_error([&] { published.noisy("human:worst", 10); }, {"sample 10", "label 10"});
  check_error([&] { published.noisy("human:aggregate", 10); },
              {"no aggre_label", "clean_label, worse_label"});
}
