/// Files that are part of the program: what a page needs to draw its figures. Private to report/.
///
/// d3 (https://d3js.org, BSD-3-Clause) is the one that the build found, page.js and page.css are
/// beside this file. assets.S holds their bytes; none ends in a 0.
#ifndef REPORT_ASSETS_H
#define REPORT_ASSETS_H

extern const char asset_d3[];
extern const char asset_d3_end[];
extern const char asset_page_js[];
extern const char asset_page_js_end[];
extern const char asset_page_css[];
extern const char asset_page_css_end[];

#endif
