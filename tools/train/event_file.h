// Event files, which TensorBoard reads: the metrics of a run, scalars and histograms, an event an epoch.
//
// A file is a list of records, each a length (8 bytes, little-endian), its checksum (4), that many bytes, and
// their checksum (4); the bytes are a protocol buffer of tensorflow/core/util/event.proto. Checksums are
// CRC-32C (Castagnoli), "masked": rotated right by 15 bits, plus a constant.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace noisegate {

/// The masked CRC-32C of these bytes.
std::uint32_t masked_crc32c(std::string_view bytes);

/// Adds an epoch's line of metrics.jsonl, counted from 1: numbers become scalars, lists of counts histograms
/// over the range of margins (see MarginHistogram), each under its key. What the file has of this epoch and
/// of later ones, from before a run was resumed, goes, and so does a record that was cut off. Throws Error
/// where it cannot be written; the file then ends before this epoch.
void append_events(const std::filesystem::path& file, int epoch, const nlohmann::ordered_json& metrics);

}  // namespace noisegate
