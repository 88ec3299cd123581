// SPDX-License-Identifier: MIT

import DefaultTheme from 'vitepress/theme-without-fonts'
import '@fontsource/noto-sans-bengali/400.css'
import '@fontsource/noto-sans-bengali/600.css'
import '@fontsource/noto-sans-bengali/700.css'
import './book.css'

export default DefaultTheme
