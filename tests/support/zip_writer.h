// A zip archive of stored members, as torch.save and numpy.savez write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace haoline::test {

inline void put_number(std::string& out, std::uint64_t value, int bytes) {
  for (; bytes > 0; --bytes, value >>= 8) out += static_cast<char>(value & 0xff);
}

inline std::string zip_of(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string file;
  std::string directory;
  for (const auto& [name, bytes] : members) {
    const std::size_t at = file.size();
    std::string common;
    put_number(common, 20, 2);             // version needed
    put_number(common, 0, 2 + 2 + 4 + 4);  // flags, method, time, checksum
    common.resize(14);
    put_number(common, bytes.size(), 4);
    put_number(common, bytes.size(), 4);
    put_number(common, name.size(), 2);
    put_number(common, 0, 2);
    file += "PK\3\4" + common + name + bytes;
    directory += "PK\1\2";
    put_number(directory, 20, 2);
    directory += common;
    directory.append(10, '\0');  // comment, disk, attributes
    put_number(directory, at, 4);
    directory += name;
  }
  const std::size_t begin = file.size();
  file += directory + "PK\5\6";
  put_number(file, 0, 4);
  put_number(file, members.size(), 2);
  put_number(file, members.size(), 2);
  put_number(file, directory.size(), 4);
  put_number(file, begin, 4);
  put_number(file, 0, 2);
  return file;
}

}  // namespace haoline::test
