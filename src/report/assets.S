// The bytes of the files that assets.h declares; CMakeLists.txt says where d3 is.
    .macro asset name, path
    .global \name
    .global \name\()_end
    .hidden \name
    .hidden \name\()_end
\name:
    .incbin "\path"
\name\()_end:
    .byte 0
    .endm

    .section .rodata
    asset asset_d3, MQ_D3
    asset asset_page_js, "report/page.js"
    asset asset_page_css, "report/page.css"

    .section .note.GNU-stack, "", %progbits
