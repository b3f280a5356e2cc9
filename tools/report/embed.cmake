# Puts the report's page together, from the files beside this one and Chart.js, and makes report_template.cpp of it,
# so that the executable needs no files.
set(report_scripts model.js theme.js charts.js runs.js curves.js margins.js inside.js matrices.js suspects.js main.js)
set(report_files page.html style.css ${report_scripts})
list(TRANSFORM report_files PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${report_files} ${CHARTJS_FILE})

file(READ ${CMAKE_CURRENT_LIST_DIR}/page.html report_page)
file(READ ${CMAKE_CURRENT_LIST_DIR}/style.css report_style)
file(READ ${CHARTJS_FILE} report_library)
foreach(script IN LISTS report_scripts)
  file(READ ${CMAKE_CURRENT_LIST_DIR}/${script} text)
  string(APPEND report_script "${text}\n")
endforeach()
string(REPLACE "@STYLE@" "${report_style}" report_page "${report_page}")
string(REPLACE "@CHARTJS@" "${report_library}" report_page "${report_page}")
string(REPLACE "@SCRIPT@" "${report_script}" report_page "${report_page}")

# As bytes: compilers need not take strings this long.
set(report_assembled ${CMAKE_CURRENT_BINARY_DIR}/report.html)
file(WRITE ${report_assembled} "${report_page}")
file(READ ${report_assembled} report_hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," NOISEGATE_REPORT_BYTES "${report_hex}")
string(REGEX REPLACE "(....,....,....,....,....,....,....,....,....,....,....,....,....,....,....,....,)" "\\1\n"
  NOISEGATE_REPORT_BYTES "${NOISEGATE_REPORT_BYTES}")
configure_file(${CMAKE_CURRENT_LIST_DIR}/report_template.cpp.in report_template.cpp @ONLY)
