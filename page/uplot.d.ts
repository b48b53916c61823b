// Served beside this page from the package of that name.
export { default } from 'uplot'
