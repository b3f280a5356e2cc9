#!/usr/bin/env bash
# What a source takes from the standard library it includes, itself or by headers of ours: that a compiler's own headers
# bring something along ends with the next version of it. Looked for is what they have been seen to bring.
set -euo pipefail
cd "$(dirname "$0")/.."

# The headers of which one must be included, the first of them being the right one, and the names.
table='
algorithm: adjacent_find all_of any_of binary_search clamp copy copy_if copy_n count count_if equal equal_range fill fill_n
algorithm: find find_if find_if_not for_each generate includes inplace_merge is_permutation is_sorted lexicographical_compare
algorithm: lower_bound max max_element merge min min_element minmax minmax_element mismatch next_permutation none_of
algorithm: nth_element partial_sort partition partition_point remove_if replace reverse rotate search shuffle sort
algorithm: stable_partition stable_sort swap_ranges transform unique upper_bound
numeric: accumulate exclusive_scan gcd inclusive_scan inner_product iota lcm midpoint partial_sum reduce transform_reduce
utility: as_const cmp_less declval exchange forward in_range index_sequence make_index_sequence make_pair move swap
utility map unordered_map: pair
cstdint: int8_t int16_t int32_t int64_t intptr_t uint8_t uint16_t uint32_t uint64_t uintptr_t uintmax_t
cstddef: byte max_align_t nullptr_t ptrdiff_t
cstddef cstdio cstdlib cstring ctime string vector array: size_t
cstdlib: abort aligned_alloc exit free getenv malloc mkstemp strtod strtof strtol strtoll strtoul strtoull system
cstdio: FILE fclose fflush fopen fprintf fputs fread fwrite printf puts rename snprintf sscanf
cstring: memchr memcmp memcpy memmove memset strchr strcmp strerror strlen strncmp strstr
cmath: ceil cos exp expm1 fabs floor fma fmod hypot isfinite isinf isnan ldexp log log1p log2 lround pow round sin sqrt tanh
cmath: trunc
limits: numeric_limits
iterator: back_inserter inserter istream_iterator istreambuf_iterator make_move_iterator ostream_iterator
iterator string vector array span map set deque list string_view: advance distance next prev size ssize
memory: default_delete enable_shared_from_this make_shared make_unique make_unique_for_overwrite shared_ptr unique_ptr weak_ptr
functional: function hash invoke multiplies plus reference_wrapper
functional set map: greater less
optional: make_optional nullopt optional
tuple: apply forward_as_tuple make_tuple tie tuple
variant: get_if holds_alternative monostate variant visit
array: array to_array
vector: vector
string: getline stod stof stoi stol stoll stoul stoull string to_string
string_view: string_view
span: as_bytes as_writable_bytes span
bit: bit_cast bit_ceil bit_width countl_zero countr_zero endian has_single_bit popcount rotl rotr
charconv: chars_format from_chars to_chars
system_error filesystem: error_code
system_error: errc generic_category system_category system_error
exception: current_exception exception exception_ptr rethrow_exception terminate uncaught_exceptions
stdexcept: domain_error invalid_argument length_error logic_error out_of_range overflow_error runtime_error
new: bad_alloc align_val_t nothrow
ostream iostream: endl flush
ostream iostream fstream sstream: ostream
istream iostream fstream sstream: istream
iostream: cerr cin cout
fstream: fstream ifstream ofstream
sstream: istringstream ostringstream stringstream
iomanip: setfill setprecision setw
filesystem: filesystem
chrono: chrono
atomic: atomic atomic_ref memory_order_acquire memory_order_relaxed memory_order_release
mutex: call_once lock_guard mutex once_flag scoped_lock unique_lock
condition_variable: condition_variable
thread: jthread this_thread thread
map: map multimap
set: multiset set
unordered_map: unordered_map
unordered_set: unordered_set
deque: deque
queue: priority_queue queue
cctype: isalnum isalpha isdigit isprint isspace isxdigit tolower toupper
csignal: raise sig_atomic_t signal
type_traits: conditional_t decay_t enable_if_t false_type integral_constant invoke_result_t is_base_of_v is_convertible_v
type_traits: is_floating_point_v is_integral_v is_invocable_v is_same_v is_signed_v is_trivially_copyable_v is_unsigned_v
type_traits: is_void_v make_signed_t make_unsigned_t remove_const_t remove_cvref_t true_type type_identity underlying_type_t
'

find engine layers losses noise datasets tools tests -regex '.*\.\(h\|cpp\|cu\)' | xargs awk -v table="$table" '
  BEGIN {
    rows = split(table, row, "\n")
    for (i = 1; i <= rows; ++i)
      if (split(row[i], part, ": ") == 2) {
        names = split(part[2], name, " ")
        for (n = 1; n <= names; ++n) headers[name[n]] = part[1]
      }
  }
  # Whether the file, or a header of ours that it includes, includes <header>.
  function has(file, header, visit,    i) {
    if ((file, header) in system_header) return 1
    if ((file, visit) in visited) return 0
    visited[file, visit] = 1
    for (i = 1; i <= ours[file]; ++i)
      if (has(our_header[file, i], header, visit)) return 1
    return 0
  }
  /^ *# *include *</ {
    split($0, part, "[<>]")
    system_header[FILENAME, part[2]] = 1
    next
  }
  /^ *# *include *"/ {
    split($0, part, "\"")
    our_header[FILENAME, ++ours[FILENAME]] = part[2]
    next
  }
  {
    sub("//.*", "")
    while (match($0, "std::(ranges::)?[a-z_0-9A-Z]+")) {
      name_here = substr($0, RSTART, RLENGTH)
      $0 = substr($0, RSTART + RLENGTH)
      sub(".*::", "", name_here)
      if (name_here in headers && !((FILENAME, name_here) in line)) line[FILENAME, name_here] = FNR
    }
  }
  END {
    for (use in line) {
      split(use, part, SUBSEP)
      choices = split(headers[part[2]], choice, " ")
      found = 0
      for (i = 1; i <= choices && !found; ++i) found = has(part[1], choice[i], ++visits)
      if (!found) {
        printf "%s:%d: std::%s without <%s>\n", part[1], line[use], part[2], choice[1]
        missing = 1
      }
    }
    exit missing
  }'
