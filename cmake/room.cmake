# The rooms of the house. A room is a folder, which may include its own headers and those of the rooms that it uses: its
# include path holds links to the headers of just that folder, under their full names, and nothing has the source's root
# as one. So an include against the arrows does not compile, and a new file needs no line of CMake.

# noisegate_headers(FOLDER [ALSO FOLDER…] [USES FOLDER…]): the room's headers, and those of the rooms that it uses, as
# noisegate_FOLDER, '_' for '/'. The folders of ALSO are of the same room.
function(noisegate_headers folder)
  cmake_parse_arguments(PARSE_ARGV 1 room "" "" "ALSO;USES")
  string(MAKE_C_IDENTIFIER noisegate_${folder} room)
  set(links ${PROJECT_BINARY_DIR}/rooms/${room})
  file(REMOVE_RECURSE ${links})
  add_library(${room} INTERFACE)
  target_include_directories(${room} INTERFACE ${links})
  foreach(part IN ITEMS ${folder} ${room_ALSO})
    file(MAKE_DIRECTORY ${links}/${part})
    file(GLOB headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/${part}/*.h)
    foreach(header IN LISTS headers)
      file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${header} ${links}/${header} SYMBOLIC)
    endforeach()
  endforeach()
  foreach(used IN LISTS room_USES)
    string(MAKE_C_IDENTIFIER noisegate_${used} target)
    if(NOT TARGET ${target})
      message(FATAL_ERROR "${folder} uses ${used}, which is not told of before it: arrows run one way")
    endif()
    target_link_libraries(${room} INTERFACE ${target})
  endforeach()
endfunction()

# noisegate_room(FOLDER [ALSO FOLDER…] [USES FOLDER…] [LIBRARIES LIBRARY…]): the same, its .cpp files going into the
# library ${rooms_of}, compiled with its options. LIBRARIES are what these files need besides; what the headers need is
# linked to noisegate_FOLDER.
function(noisegate_room folder)
  cmake_parse_arguments(PARSE_ARGV 1 room "" "" "ALSO;USES;LIBRARIES")
  noisegate_headers(${folder} ALSO ${room_ALSO} USES ${room_USES})
  string(MAKE_C_IDENTIFIER noisegate_${folder} room)
  list(TRANSFORM room_ALSO REPLACE ".+" "${PROJECT_SOURCE_DIR}/\\0/*.cpp")
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp ${room_ALSO})
  add_library(${room}_objects OBJECT ${sources})
  target_link_libraries(${room}_objects PRIVATE ${room} ${room_LIBRARIES})
  target_compile_options(${room}_objects PRIVATE $<TARGET_PROPERTY:${rooms_of},COMPILE_OPTIONS>)
  target_sources(${rooms_of} PRIVATE $<TARGET_OBJECTS:${room}_objects>)
  target_link_libraries(${rooms_of} PUBLIC ${room} PRIVATE ${room_LIBRARIES})
endfunction()

# noisegate_gpu_room(FOLDER [USES FOLDER…]): the headers of a room of kernels. Its .cu files, and the .cpp files that
# need CUDA, are compiled by tools/gpu; under emulation, the .cu files by tests/emulation.
function(noisegate_gpu_room folder)
  noisegate_headers(${ARGV})
  set_property(GLOBAL APPEND PROPERTY noisegate_gpu_rooms ${folder})
endfunction()
