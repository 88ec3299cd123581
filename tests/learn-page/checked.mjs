// SPDX-License-Identifier: MIT

/** The next check, from its beginning to its end; a busy machine may draw no frame while it runs, so none is waited for. */
export const checked = (page) =>
  page.evaluate(
    () =>
      new Promise((done) => {
        const learn = document.querySelector('.learn')
        let begun = false
        new MutationObserver((changes, observer) => {
          begun ||= learn.dataset.busy === 'true' || changes.some((change) => change.oldValue === 'true')
          if (!begun || learn.dataset.busy === 'true') return
          observer.disconnect()
          done()
        }).observe(learn, { attributes: true, attributeFilter: ['data-busy'], attributeOldValue: true })
      }),
  )
