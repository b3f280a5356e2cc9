#include "engine/error.h"
#include "engine/io/npy.h"

#include <cstring>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

template <class T>
std::string raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string npy(const std::string& header, const std::string& data) {
  std::string text("\x93NUMPY\x01\x00", 8);
  text += {static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  return text + header + data;
}

std::string npy(const std::string& descr, const std::string& shape, const std::string& data,
                bool fortran = false) {
  return npy("{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") +
                 ", 'shape': " + shape + ", }  \n",
             data);
}

template <class T>
NumpyArray<T> parsed(const std::string& text) {
  return parse_numpy<T>(std::as_bytes(std::span(text)), "a.npy");
}

template <class T>
std::string refusal(const std::string& text) {
  try {
    parsed<T>(text);
  } catch (const Error& error) {
    CHECK(error.cause() == Error::Cause::input);
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("what is saved is loaded again") {
  const auto path = std::filesystem::temp_directory_path() / "noisegate_test_npy.npy";
  const std::vector<float> values{1.5f, -2, 0, 3, 4, 1e-30f};
  save_numpy<float>(path, {2, 3}, values);
  const auto array = load_numpy<float>(path);
  CHECK(array.shape == std::vector<std::int64_t>{2, 3});
  CHECK(array.values == values);
  CHECK(std::filesystem::file_size(path) % 8 == 0);

  const std::vector<std::int64_t> labels{7, -1, 1LL << 40};
  save_numpy<std::int64_t>(path, {3}, labels);
  CHECK(load_numpy<std::int64_t>(path).values == labels);
  CHECK(load_numpy<std::int64_t>(path).shape == std::vector<std::int64_t>{3});
  save_numpy<double>(path, {}, std::vector<double>{0.1});
  CHECK(load_numpy<double>(path).values == std::vector<double>{0.1});
  CHECK(load_numpy<double>(path).shape.empty());
  std::filesystem::remove(path);
}

TEST_CASE("integers of any width, booleans and floats become the type asked for") {
  CHECK(parsed<std::int32_t>(npy("<i2", "(2,)", raw<std::int16_t>({-3, 300}))).values ==
        std::vector<std::int32_t>{-3, 300});
  CHECK(parsed<std::int32_t>(npy("|u1", "(2,)", "\xff\x01")).values == std::vector<std::int32_t>{255, 1});
  CHECK(parsed<std::int32_t>(npy("|b1", "(3,)", std::string("\x01\x00\x01", 3))).values ==
        std::vector<std::int32_t>{1, 0, 1});
  CHECK(parsed<float>(npy("<f8", "(1,)", raw<double>({0.5}))).values == std::vector<float>{0.5f});
  CHECK(parsed<double>(npy("<i8", "(1,)", raw<std::int64_t>({9}))).values == std::vector<double>{9});
  CHECK(contains(refusal<std::int32_t>(npy("<i8", "(1,)", raw<std::int64_t>({1LL << 40}))), "out of range"));
  CHECK(contains(refusal<std::int32_t>(npy("<f4", "(1,)", raw<float>({1}))), "integers are needed"));
}

TEST_CASE("an array in Fortran order is put into C order") {
  const auto array = parsed<std::int32_t>(npy("<i4", "(2, 3)", raw<std::int32_t>({1, 4, 2, 5, 3, 6}), true));
  CHECK(array.values == std::vector<std::int32_t>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("the second version's long header is read, and an empty array is one") {
  std::string text("\x93NUMPY\x02\x00", 8);
  const std::string header = "{'shape': (0, 4), 'fortran_order': False, 'descr': '<f4'}";
  text += {static_cast<char>(header.size()), '\0', '\0', '\0'};
  const auto array = parsed<float>(text + header);
  CHECK(array.shape == std::vector<std::int64_t>{0, 4});
  CHECK(array.values.empty());
}

TEST_CASE("hostile files are refused, naming the file") {
  CHECK(contains(refusal<float>(""), "a.npy is not a .npy file"));
  CHECK(contains(refusal<float>("\x93NUMPY\x09\x01\x01\x01\x01"), "unknown version 9"));
  CHECK(contains(refusal<float>(std::string("\x93NUMPY\x01\x00\xff\xff{", 11)), "ends in its header"));
  CHECK(contains(refusal<float>(npy("<f4", "(2,)", raw<float>({1}))), "4 bytes follow"));
  CHECK(contains(refusal<float>(npy("<f4", "(1,)", raw<float>({1, 2}))), "8 bytes follow"));
  CHECK(contains(refusal<float>(npy("<f4", "(4294967296, 4294967296)", "")), "0 bytes follow"));
  CHECK(contains(refusal<float>(npy("<f4", "(9999999999999999999,)", "")), "header is broken"));
  CHECK(contains(refusal<float>(npy("<f4", "(-1,)", "")), "header is broken"));
  CHECK(contains(refusal<float>(npy(">f4", "(1,)", "abcd")), "big-endian"));
  CHECK(contains(refusal<float>(npy("|O", "(1,)", "abcd")), "type |O"));
  CHECK(contains(refusal<float>(npy("{'descr': '<f4', 'shape': (1,)}", "abcd")), "header is broken"));
  CHECK(contains(refusal<float>(npy("{'descr': '<f4'", "abcd")), "header is broken"));
  CHECK_THROWS_WITH_AS(load_numpy<float>("/nowhere/a.npy"),
                       "cannot read /nowhere/a.npy: No such file or directory", Error);
}
