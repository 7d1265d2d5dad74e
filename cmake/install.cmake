# `cmake --install`: the program, the library with its headers, and what find_package(haoline) needs.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(rooms base ir formats blueprints ops analyses report inspect)
foreach(room IN LISTS rooms)
  list(APPEND room_targets haoline_${room})
endforeach()

install(TARGETS haoline RUNTIME)
install(TARGETS ${room_targets} EXPORT haolineTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/haoline)
foreach(room IN LISTS rooms)
  install(DIRECTORY src/${room} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/haoline
          FILES_MATCHING PATTERN "*.h" PATTERN "*.inc")
endforeach()
install(EXPORT haolineTargets NAMESPACE haoline:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/haoline)
configure_package_config_file(cmake/haolineConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/haolineConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/haoline PATH_VARS CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/haolineConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/haolineConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/haolineConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/haoline)
# What the archives of the library link to travels with them.
install(FILES ${HAOLINE_DEFLATE_ARCHIVE} DESTINATION ${CMAKE_INSTALL_LIBDIR}/haoline)
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES samples/resnet8.onnx DESTINATION ${CMAKE_INSTALL_DATADIR}/haoline/samples)

# The archive: `cpack` in the build folder.
set(CPACK_GENERATOR TGZ)
set(CPACK_PACKAGE_NAME haoline)
string(TOLOWER ${CMAKE_SYSTEM_NAME} system)
set(CPACK_PACKAGE_FILE_NAME haoline-${PROJECT_VERSION}-${system}-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_STRIP_FILES ON)
include(CPack)
