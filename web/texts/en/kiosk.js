// English: the kiosk.
export default {
};
