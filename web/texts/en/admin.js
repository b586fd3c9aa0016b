// English: the pages of administrators.
export default {
};
