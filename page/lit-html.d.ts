// Served beside this page from the package of that name.
export * from 'lit-html'
