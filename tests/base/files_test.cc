// The native doors: mapped files, confined folders, whole-file output.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/file_output.h"
#include "base/folder.h"
#include "base/mapped_file.h"
#include "base/version.h"

namespace haoline {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "haoline_files_XXXXXX";
    root_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(root_); }
  std::string path(const std::string& name) const { return (root_ / name).string(); }
  void put(const std::string& name, const std::string& content) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << content;
  }
  std::string content(const std::string& name) const {
    std::ifstream in(root_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::string mapped(const std::string& name) const {
    const Result<Folder> folder = Folder::open(path("model"));
    const Result<MappedFile> file = folder->map(name);
    return file ? std::string(as_text(file->bytes())) : file.error().message;
  }
  fs::path root_;
};

TEST_F(Files, AreMappedWhole) {
  put("a", "content");
  put("empty", "");
  EXPECT_EQ(as_text(MappedFile::open(path("a"))->bytes()), "content");
  EXPECT_TRUE(MappedFile::open(path("empty"))->bytes().empty());
  MappedFile moved = *MappedFile::open(path("a"));
  moved = *MappedFile::open(path("empty"));
  EXPECT_TRUE(moved.bytes().empty());
}

TEST_F(Files, ThatCannotBeReadSayWhy) {
  EXPECT_EQ(MappedFile::open(path("none")).error().to_string(),
            "cannot be opened: no such file or folder. Check the path and its permissions.");
  EXPECT_EQ(MappedFile::open(root_.string()).error().to_string(), "is a folder, not a file");
}

TEST_F(Files, APipeIsReadUpToTheLimit) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "streamed", 8), 8);
  ::close(ends[1]);
  EXPECT_EQ(as_text(MappedFile::from_descriptor(ends[0], "-")->bytes()), "streamed");
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "streamed", 8), 8);
  ::close(ends[1]);
  EXPECT_EQ(MappedFile::from_descriptor(ends[0], "-", 4).error().to_string(),
            "is longer than the 4 bytes that are read from a stream. Save it to a file first.");
}

TEST_F(Files, OfAFolderAreFoundBelowIt) {
  put("model/w.bin", "weights");
  put("model/deep/er/w.bin", "deeper");
  EXPECT_EQ(mapped("w.bin"), "weights");
  EXPECT_EQ(mapped("./w.bin"), "weights");
  EXPECT_EQ(mapped("deep//er/w.bin"), "deeper");
  EXPECT_EQ(mapped("none"), "the file is not there");
  EXPECT_EQ(mapped("none/w.bin"), "the file is not there");
  EXPECT_EQ(mapped("w.bin/x"), "a part of the path is no folder");
}

TEST_F(Files, OutsideTheFolderAreRefused) {
  put("secret", "secret");
  put("model/w.bin", "weights");
  fs::create_symlink(path("secret"), path("model/link"));
  fs::create_directory_symlink(root_, path("model/up"));
  fs::create_symlink("w.bin", path("model/inner"));
  EXPECT_EQ(mapped("../secret"), "refused: the path leaves the model's folder");
  EXPECT_EQ(mapped("deep/../../secret"), "refused: the path leaves the model's folder");
  EXPECT_EQ(mapped(path("secret")), "refused: the path is not relative to the model's folder");
  EXPECT_EQ(mapped("C:\\secret"), "refused: the path is not relative to the model's folder");
  EXPECT_EQ(mapped("link"), "refused: it is a symbolic link");
  EXPECT_EQ(mapped("up/secret"), "refused: it is a symbolic link");
  EXPECT_EQ(mapped("inner"), "refused: it is a symbolic link");
  EXPECT_EQ(mapped(""), "refused: the name is empty");
  EXPECT_EQ(mapped(std::string("w.bin\0.png", 10)), "refused: the name holds a zero byte");
  EXPECT_EQ(mapped("."), "refused: it is no regular file");
  ASSERT_EQ(::mkfifo(path("model/pipe").c_str(), 0600), 0);
  EXPECT_EQ(mapped("pipe"), "refused: it is no regular file");
  EXPECT_EQ(Folder::open(path("model"))->map("link").error().kind, ErrorKind::malformed);
}

TEST_F(Files, OfAFolderAreListedInOrderWithoutLinks) {
  put("model/w.bin", "weights");
  put("model/deep/er/w.bin", "deeper");
  put("model/a", "");
  put("secret", "outside");
  fs::create_symlink("../secret", root_ / "model/link");
  fs::create_directory_symlink("..", root_ / "model/up");
  const std::vector<std::string> expected = {"a", "deep/er/w.bin", "w.bin"};
  const Result<Folder> folder = Folder::open(path("model"));
  EXPECT_EQ(folder->list(), expected);
  EXPECT_EQ(folder->list(), expected);  // reading once leaves no position behind
}

TEST_F(Files, OfTheHuggingFaceCacheAreFollowedToTheirBlobs) {
  const std::string hash(64, 'a');
  put("hub/blobs/" + hash, "weights");
  put("hub/blobs/other", "other");
  put("hub/snapshots/1/config.json", "{}");
  const fs::path snapshot = root_ / "hub/snapshots/1";
  fs::create_symlink("../../blobs/" + hash, snapshot / "model.safetensors");
  fs::create_symlink("../../blobs/other", snapshot / "other");
  fs::create_symlink("../../../secret/blobs/" + hash, snapshot / "else");
  const Result<Folder> folder = Folder::open(snapshot.string());
  const std::vector<std::string> expected = {"config.json", "model.safetensors"};
  EXPECT_EQ(folder->list(), expected);
  EXPECT_EQ(as_text(folder->map("model.safetensors")->bytes()), "weights");
  EXPECT_EQ(folder->map("other").error().message, "refused: it is a symbolic link");
  EXPECT_EQ(folder->map("else").error().message, "refused: it is a symbolic link");
}

TEST_F(Files, AppearWholeOrNotAtAll) {
  EXPECT_FALSE(write_file(path("out"), "first"));
  EXPECT_EQ(content("out"), "first");
  fs::permissions(path("out"), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_FALSE(write_file(path("out"), "second"));
  EXPECT_EQ(content("out"), "second");
  EXPECT_EQ(fs::status(path("out")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(write_file(path("none/out"), "x")->to_string(), "cannot be written: no such file or folder");
  EXPECT_EQ(write_file(root_.string(), "x")->to_string(), "cannot be written: it is a folder");
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(root_)) files += entry.is_regular_file() ? 1 : 0;
  EXPECT_EQ(files, 1u);  // no temporary file is left
}

TEST_F(Files, WrittenThroughALinkKeepTheLink) {
  put("real", "old");
  fs::create_symlink(path("real"), path("link"));
  EXPECT_FALSE(write_file(path("link"), "new"));
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(content("real"), "new");
  EXPECT_FALSE(write_file("/dev/null", "gone"));
}

TEST_F(Files, FoldersAreMadeWithThoseAboveThem) {
  EXPECT_FALSE(make_folder(path("a/b/c")));
  EXPECT_FALSE(make_folder(path("a/b/c")));
  EXPECT_TRUE(fs::is_directory(path("a/b/c")));
  put("file", "x");
  EXPECT_EQ(make_folder(path("file"))->to_string(), "cannot be written: a part of the path is no folder");
}

TEST(FolderOf, IsThePartBeforeTheLastSlash) {
  EXPECT_EQ(folder_of("a/b.onnx"), "a");
  EXPECT_EQ(folder_of("b.onnx"), "");
  EXPECT_EQ(folder_of("/b.onnx"), "/");
}

TEST(Version, HasThreeParts) {
  EXPECT_EQ(std::count(version().begin(), version().end(), '.'), 2);
}

}  // namespace
}  // namespace haoline
